/** Names that hold secrets more often than not. */
export const looksSecret = (key: string): boolean =>
  /PASS(WORD|WD|PHRASE)?|SECRET|TOKEN|(^|_)(API_?|PRIVATE_?|ACCESS_?|ENCRYPTION_?|APP_?)?KEY(_|$)|CREDENTIAL|SALT|DSN|_URI$/i.test(key);

/** A value that lets in whoever has it, whatever it is called: an address with a password in it, or a private key. */
export const valueLooksSecret = (value: string): boolean =>
  /[a-z][a-z0-9+.-]*:\/\/[^\s/?#@:]*:[^\s/]+@/i.test(value) || /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(value);
