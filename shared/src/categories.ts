/** What an app is for. What fits nowhere is `tools`. */
export const categories = {
  websites: "Websites and blogs",
  files: "Files and documents",
  media: "Media",
  photos: "Photos",
  books: "Books and reading",
  notes: "Notes and wikis",
  office: "Office and collaboration",
  communication: "Chat and notifications",
  projects: "Projects and tasks",
  business: "Business and shops",
  finance: "Money",
  home: "Home",
  automation: "Automation",
  development: "Development",
  databases: "Databases",
  monitoring: "Monitoring",
  analytics: "Analytics",
  security: "Passwords and sign-in",
  network: "Network",
  search: "Search",
  dashboards: "Start pages",
  learning: "Learning",
  ai: "AI",
  tools: "Tools",
} as const;

export type Category = keyof typeof categories;
