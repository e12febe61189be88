/*
 * app.js - between the connection and what is seen: what is heard goes to its place, and what is
 * said is sent
 */
import { Asking } from "./asking.js";
import { Cards } from "./cards.js";
import { ChatsView } from "./chats-view.js";
import { Composer } from "./composer.js";
import { byId, oncePerFrame, setText } from "./dom.js";
import { eventLine } from "./event-view.js";
import { stateName, taskTitle } from "./forest.js";
import { closeDrawer } from "./layout.js";
import { LogView } from "./log-view.js";
import { announce, notice } from "./notices.js";
import { Outbox } from "./outbox.js";
import { OutboxView } from "./outbox-view.js";
import { IS_LOST, Rooms } from "./rooms.js";
import { shownLine } from "./text.js";
import { TreeView } from "./tree-view.js";
import { WaitingView } from "./waiting-view.js";

export class App {
	user = "";

	/** @param {(request: object) => Promise<any>} ask Connection.ask */
	constructor(ask) {
		this.ask = ask;
		const acts = this.#acts();

		/** Tells of the tasks, in the next frame. */
		this.tellTasks = oncePerFrame(() => this.#tellTasks());
		this.asking = new Asking(this);
		this.rooms = new Rooms(this);
		this.chats = new ChatsView();
		this.log = new LogView(acts, null);
		this.tree = new TreeView(acts.show);
		this.waiting = new WaitingView(acts);
		this.cards = new Cards(this, acts);
		this.composer = new Composer((type, text) => this.#say(type, text));
		this.outbox = new Outbox(ask, (...news) => this.#letters(...news));
		this.letters = new OutboxView(this.outbox);
		byId("cancel-all").addEventListener("click",
			() => this.asking.act({ type: "cancel", all: true }));
		this.rooms.route();
		this.rooms.tell();
	}

	/* What can be done with a task, wherever its buttons are. */
	#acts() {
		return {
			title: (id) => taskTitle(id, this.rooms.room?.task(id)),
			may: (what) => this.rooms.room?.may[what] !== false,
			cancel: (id) => this.asking.act({ type: "cancel", task_id: id }),
			retry: (id) => this.asking.act({ type: "retry", task_id: id }),
			decide: (id, isYes, request, reason) => this.asking.act({
				type: isYes ? "approve" : "deny", task_id: id, request_id: request,
				...(reason && { reason }),
			}),
			show: (id) => this.cards.show(id),
			close: () => this.cards.close(),
			earlier: () => this.asking.earlier(),
			placed: () => this.waiting.watch(),
			go: (id) => this.#goTo(id),
		};
	}

	/** There is a connection (again): all goes on where it broke. */
	begin() {
		this.rooms.begin();
		this.asking.chats();
		this.asking.tasks();
		this.outbox.send();
	}

	/** It broke: what was being said is told again from its beginning. */
	interrupted() {
		for (const taskId of this.rooms.room?.growing.clear() ?? [])
			this.log.grow(taskId);
	}

	/** A line of the session. */
	line(line) {
		const { type, data } = line, isHere = this.rooms.isHere(line.chat_id);

		if (type === "session_info")
			this.#meet(line.user_id);
		else if (typeof line.seq === "number")
			isHere && this.#event(line);
		else if (type === "tasks_changed" && isHere)
			this.asking.tasks();
		else if (type === "delta" && isHere)
			this.log.grow(this.rooms.room.growing.add(line));
		else if (type === "error" && data.line === undefined)
			this.#refused(data);
	}

	/* No line of ours is to blame. */
	#refused({ code, message }) {
		if (IS_LOST.includes(code))
			this.rooms.lose(message);
		else
			notice(message);
	}

	#meet(user) {
		this.user = user;
		setText(byId("who"), `You are ${shownLine(user, 60)}`);
		for (const each of [this.outbox, this.chats, this.composer])
			each.meet(user);
		if (this.rooms.room)
			this.rooms.room.user = user;
	}

	#event(event) {
		const { room } = this.rooms, took = room.take(event);

		if (!took)
			return;
		this.log.add(took.item, event);
		this.outbox.drop(event.id);
		if (event.data.task_id) {
			this.log.grow(event.data.task_id);
			this.asking.tasks();
			if (took.isNew)
				this.tellTasks();
		}
		if (!room.isReady)
			return;
		if (event.seq === 1)
			this.rooms.tell();
		this.rooms.see();
		this.#tellListener(event, took.item);
	}

	/* What somebody who does not look has to know: words of others, ends, and questions. */
	#tellListener({ type, data, user_id: user, ...event }, item) {
		if (!data.task_id && user !== this.user)
			announce(`${user}: ${eventLine({ type, data, ...event })}`);
		else if (type === "approval_request" || typeof data.elapsed_ms === "number")
			announce(`${item.title || "A task"}, ${stateName(item.state)}`);
	}

	/* The tasks of the chat, as they are known. */
	#tellTasks() {
		const { room } = this.rooms, tasks = room?.tasks ?? [];

		this.tree.show(tasks, room?.may ?? {});
		this.waiting.show(tasks, (task) => room.isSilent(task));
	}

	#goTo(taskId) {
		closeDrawer();
		if (!this.log.goTo(taskId))
			notice("It has said nothing among the events that are shown.");
	}

	/* --- what is said; whether it was taken */

	#say(type, text) {
		const { room, isNew } = this.rooms;

		if (isNew)
			this.#beginChat(type, text); /* it stays where it is until a chat has it */
		if (isNew || !room)
			return false;
		this.outbox.add(type, room.id, text);
		this.log.toEnd();
		return true;
	}

	async #beginChat(type, text) {
		this.composer.setMay({ post: false, add: false });
		this.rooms.entering++;
		try {
			const { chat } = await this.ask({
				type: "start_chat", id: this.rooms.newId, title: shownLine(text, 60),
			});

			this.composer.take();
			this.outbox.add(type, chat.id, text);
			location.replace(`#chat=${chat.id}`);
			this.rooms.route();
		} catch (refusal) {
			notice(`Not done: ${refusal.isOffline ? "there is no connection" : refusal.message}`);
		} finally {
			this.rooms.entering = Math.max(0, this.rooms.entering - 1);
			this.rooms.tell();
			this.composer.focus();
		}
	}

	#letters(stored, answer) {
		this.letters?.show(this.rooms.room?.id);
		if (!stored)
			return;
		this.asking.tasks();
		if (answer.duplicate && answer.task_id !== stored.id)
			notice(`Not added: this task is there already, and ${stateName(answer.state)}.`,
				{ label: "Show it", act: () => this.cards.show(answer.task_id) });
	}
}
