/*
 * time.js - times as people read them
 */

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const short = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

const DAY_MS = 86400000;

/** The day of a time, to compare. */
export const dayOf = (at) => new Date(at).toDateString();

/* Anybody may have dated an event, and not with a time: then nothing is shown of it. */
const written = (format, at) => Number.isNaN(Date.parse(at)) ? "" : format.format(new Date(at));

export function dayName(at) {
	const day = dayOf(at);

	if (day === dayOf(Date.now()))
		return "Today";
	return day === dayOf(Date.now() - DAY_MS) ? "Yesterday" : written(date, at) || "No date";
}

export const clockTime = (at) => written(clock, at);

export const wholeTime = (at) => written(whole, at);

/** What a list shows: the time of today, else the day. */
export function shortTime(at) {
	return dayOf(at) === dayOf(Date.now()) ? clockTime(at) : written(short, at);
}

/** How long: 0.4 s, 12 s, 3:07 min, 2:05:30 h; isWhole: in whole seconds, for what is told anew
 * each second. */
export function duration(ms, isWhole = false) {
	const seconds = Math.max(0, ms) / 1000;
	const two = (n) => String(Math.floor(n)).padStart(2, "0");

	if (seconds < 9.95 && !isWhole)
		return seconds < 0.05 ? "< 0.1 s" : `${seconds.toFixed(1)} s`;
	if (seconds < 60)
		return `${Math.floor(seconds)} s`;
	if (seconds < 3600)
		return `${Math.floor(seconds / 60)}:${two(seconds % 60)} min`;
	return `${Math.floor(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)} h`;
}

/* Elements that tell how long something has been going on: once a second all of them are told anew,
 * and those that left the page are forgotten. */
const running = new Map();

/** Has an element tell the time since `at`; without one it stops. */
export function tick(element, at) {
	if (!at) {
		running.delete(element);
		return;
	}
	running.set(element, Date.parse(at));
	element.textContent = duration(Date.now() - Date.parse(at), true);
}

setInterval(() => {
	for (const [element, since] of running) {
		if (element.isConnected)
			element.textContent = duration(Date.now() - since, true);
		else
			running.delete(element);
	}
}, 1000).unref?.();
