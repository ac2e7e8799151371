// Reads every template of catalog/ and says what is wrong with it.
import { problemsOf, templateIds } from "./lib/catalog.mjs";

const ids = templateIds();
const wrong = ids.flatMap((id) => problemsOf(id).map((problem) => `catalog/${id}: ${problem}`));
process.stdout.write([...wrong, `${ids.length} templates, ${wrong.length} problems`, ""].join("\n"));
process.exitCode = wrong.length > 0 ? 1 : 0;
