// Write the types of the API into schema.d.ts: npm run generate [-- ADDRESS_OF_THE_SCHEMA]
import { writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";

const schema = new URL(process.argv[2] ?? "../openapi.yaml", import.meta.url);
const blob = ts.factory.createTypeReferenceNode("Blob");
const types = await openapiTS(schema, {
  defaultNonNullable: false, // a request may leave out what has a default
  transform: ({ format }) => (format === "binary" ? blob : undefined),
});
await writeFile(new URL("schema.d.ts", import.meta.url), astToString(types));
