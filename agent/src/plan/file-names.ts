/** Endings of what is a file wherever it lies. `.d` and version numbers are none. */
const endings = new Set(
  `cfg cnf conf config crt csv cer cert css db env gz hcl htm html htpasswd ini jks js json jsonc kdl key keytab list local log lua md mjs
  p12 pem pfx php pl policy properties pub py rb repo rules service sh sock sql sqlite sqlite3 tar tmpl toml ts tpl txt vcl wsgi xml yaml yml`.split(
    /\s+/,
  ),
);
const names = new Set(
  `Caddyfile Corefile Dockerfile Makefile Procfile authorized_keys known_hosts crontab group hosts htpasswd id_ed25519 id_rsa machine-id
  hostname nsswitch.conf passwd resolv.conf shadow sudoers .bashrc .env .gitconfig .htaccess .htpasswd .my.cnf .netrc .npmrc .pgpass .profile`.split(
    /\s+/,
  ),
);

/** Whether a path names a file, as far as a name can say so. */
export function looksLikeFile(path: string): boolean {
  const name = path.split("/").at(-1) ?? "";
  if (names.has(name)) return true;
  const ending = /^.+\.([A-Za-z0-9]+)$/.exec(name)?.[1]?.toLowerCase();
  return ending !== undefined && endings.has(ending);
}
