import { conformance } from "../testing/conformance.ts";
import { referenceAdapter } from "./reference.ts";

conformance("reference", () => referenceAdapter.open());
