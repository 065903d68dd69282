/** A file of Swagger UI imported `with { type: "file" }`: its path. */
declare module "swagger-ui-dist/*" {
  const path: string;
  export default path;
}
