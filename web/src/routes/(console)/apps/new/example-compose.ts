export const exampleCompose = `# A web server with a page of its own.
services:
  web:
    image: nginx:1.29-alpine
    restart: unless-stopped
    ports:
      - "8080:80"
    volumes:
      - pages:/usr/share/nginx/html
    healthcheck:
      test: ["CMD", "wget", "-q", "--spider", "http://127.0.0.1/"]
      interval: 5s
      timeout: 3s
      retries: 5

volumes:
  pages:
`;
