/** Every ${KEY} that has a value becomes it, and $$ one dollar sign; what has none stays as it stands. */
export const filled = (text: string, value: (key: string) => string | undefined): string =>
  text.replace(/\$\$|\$\{([A-Za-z_]\w*)\}/g, (all, key: string | undefined) => (key === undefined ? "$" : (value(key) ?? all)));
