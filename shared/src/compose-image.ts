import { isMap, isScalar, parseDocument } from "yaml";

/** A compose file in which a service has another image, and is otherwise to the letter what it was. Undefined where it has no such service. */
export function withImage(compose: string, service: string, image: string): string | undefined {
  const document = parseDocument(compose, { merge: true, prettyErrors: false, uniqueKeys: false });
  const definition = document.getIn(["services", service], true);
  if (document.errors.length > 0 || !isMap(definition)) return undefined;
  const value = definition.get("image", true);
  if (isScalar(value) && value.value === image) return compose;
  if (isScalar(value) && value.range && !value.anchor) {
    const [start, end] = value.range;
    return `${compose.slice(0, start)}${JSON.stringify(image)}${compose.slice(end)}`;
  }
  document.setIn(["services", service, "image"], image);
  return document.toString({ lineWidth: 0 });
}
