/** Events as they happen, pushed by the program. */
import { answered, unanswered } from "./connection.js";

const PAUSE = 2000;

/** Follow the events; after a break, go on by itself. */
export function follow(show) {
  const source = new EventSource("/api/v1/events");
  source.addEventListener("open", answered);
  source.addEventListener("message", (message) => show(JSON.parse(message.data)));
  source.addEventListener("error", () => {
    unanswered();
    source.close();
    setTimeout(() => follow(show), PAUSE);
  });
}
