/*
 * layout.js - what is at hand: drawers where there is no room for all, and light or dark
 */
import { byId } from "./dom.js";
import { keepLong, recallLong } from "./memory.js";

const DRAWERS = { chats: byId("show-chats"), tasks: byId("show-tasks") };

/* What is beside a drawer: all but notices, which are heard and closed whatever is open. */
const besides = () => [byId("chats"), byId("tasks"),
	...[...byId("main").children].filter((child) => child !== byId("notices"))];

/* While a drawer is open nothing beside it has the focus.  Where there is room it is no drawer. */
function setDrawer(name) {
	const shell = byId("shell");
	const isOverlay = name && getComputedStyle(DRAWERS[name]).display !== "none";

	shell.dataset.drawer = isOverlay ? name : "";
	byId("shade").hidden = !isOverlay;
	for (const each of besides())
		each.inert = Boolean(isOverlay) && each.id !== name;
	for (const [each, opener] of Object.entries(DRAWERS))
		opener.setAttribute("aria-expanded", String(isOverlay && each === name));
	return isOverlay;
}

/** Opens the drawer chats or tasks, where it is one. */
export function openDrawer(name) {
	if (setDrawer(name))
		byId(name).querySelector("a, button:not([hidden]), [tabindex='0']")?.focus();
}

/** Closes what is open; the focus goes back to what opened it. */
export function closeDrawer() {
	const name = byId("shell").dataset.drawer;

	if (!name)
		return;
	setDrawer(null);
	DRAWERS[name].focus();
}

const THEMES = ["auto", "light", "dark"];

function setTheme(theme) {
	document.documentElement.dataset.theme = theme;
	byId("theme").textContent = `Theme: ${theme}`;
}

export function beginLayout() {
	for (const [name, opener] of Object.entries(DRAWERS))
		opener.addEventListener("click", () => openDrawer(name));
	byId("hide-tasks").addEventListener("click", closeDrawer);
	byId("shade").addEventListener("click", closeDrawer);
	addEventListener("keydown", (event) => event.key === "Escape" && closeDrawer());
	matchMedia("(min-width: 48rem)").addEventListener("change", () => setDrawer(null));
	matchMedia("(min-width: 72rem)").addEventListener("change", () => setDrawer(null));
	setTheme(THEMES.includes(recallLong("theme")) ? recallLong("theme") : "auto");
	byId("theme").addEventListener("click", () => {
		const now = THEMES.indexOf(document.documentElement.dataset.theme);
		const next = THEMES[(now + 1) % THEMES.length];

		setTheme(next);
		keepLong("theme", next);
	});
}
