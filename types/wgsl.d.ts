/** A shader imported as text: `import source from "./motion.wgsl" with { type: "text" }`. */
declare module "*.wgsl" {
  const source: string;
  export default source;
}
