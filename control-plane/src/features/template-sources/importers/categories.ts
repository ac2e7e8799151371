import { categories, type Category } from "@appos/shared/categories";

/** Words by which sources sort their templates, and where AppOS puts those; the first that fits counts. */
const words: [RegExp, Category][] = [
  [/\b(ai|llm|machine.?learning|gpt)\b/, "ai"],
  [/photo|gallery|image/, "photos"],
  [/\b(e?books?|reading|comics?|library)\b/, "books"],
  [/media|music|video|stream|audio|movie|entertainment|gaming|games?\b|podcast|torrent|download/, "media"],
  [/wiki|notes?\b|knowledge|documentation|bookmark|diary/, "notes"],
  [/office|collab|document.?editor|calendar|productivity/, "office"],
  [/\bfiles?\b|storage|cloud|backup|sync|document|share/, "files"],
  [/chat|messag|communicat|notif|mail|email|social|forum|community|fediverse|newsletter/, "communication"],
  [/project|task|kanban|issue|ticket|helpdesk/, "projects"],
  [/finance|money|budget|invoice|accounting|bitcoin|crypto/, "finance"],
  [/business|shop|commerce|crm|erp|\bhr\b|marketing|sales|booking/, "business"],
  [/home|iot|smart|recipe|famil/, "home"],
  [/automat|workflow|no.?code|low.?code|scrap/, "automation"],
  [/analytic|statistic|tracking|\bbi\b/, "analytics"],
  [/monitor|observ|uptime|logging|metrics|status/, "monitoring"],
  [/secur|password|auth|identity|sso|vault|vpn.?server/, "security"],
  [/network|vpn|dns|proxy|adblock|firewall|tunnel/, "network"],
  [/search/, "search"],
  [/dashboard|start.?page|landing/, "dashboards"],
  [/learn|educat|course|school/, "learning"],
  [/database|\bdb\b|sql|cache|queue/, "databases"],
  [/web|cms|blog|site|wordpress|publish|hosting/, "websites"],
  [/develop|devtool|git|ci\b|code|api|program|ide\b|backend|runtime|middleware|testing|registry/, "development"],
];

/** AppOS's own categories for the words of a source. */
export function categoriesFor(named: string[]): Category[] {
  const found = named
    .flatMap((name) => name.split(/[,;/]/))
    .map((name) => name.trim().toLowerCase())
    .flatMap((name) => (name in categories ? [name as Category] : (words.find(([word]) => word.test(name))?.[1] ?? [])));
  const all = [...new Set(found)].slice(0, 4);
  return all.length > 0 ? all : ["tools"];
}
