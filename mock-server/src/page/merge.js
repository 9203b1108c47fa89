// Requests and messages in one order. Both have times of whole seconds, so a message is put behind the request that can
// have sent it. Pure: nothing here touches the page.

/** What is in the path of a request that sends messages, by what is in their kind. */
const SENDERS = [["email", "email"], ["card", "credit-card"], ["phone", "phone"]];

/**
 * Merges two lists of entries, each oldest first, by their times. Each keeps its own order, whatever the clock did.
 */
export function mergeByTime(requests, messages) {
  const merged = [];
  const [coming, sent] = [[...requests], [...messages]];
  while (coming.length > 0 || sent.length > 0) {
    const [request] = coming;
    const [message] = sent;
    if (!message || (request && request.at < message.at)) merged.push(coming.shift());
    else if (!request || request.at > message.at) merged.push(sent.shift());
    else {
      // The same second: all up to the sender, then the message.
      const same = coming.filter(({ at }) => at === message.at).length;
      const sender = coming.slice(0, same).findIndex(({ data }) => sends(data, message.data));
      // Without a sender among them, an earlier one that was put in already has sent it.
      merged.push(...coming.splice(0, sender + 1), sent.shift());
    }
  }
  return merged;
}

function sends({ method, path, status, fault }, { kind, account_id: account }) {
  const word = SENDERS.find(([inKind]) => kind.includes(inKind))?.[1] ?? "";
  const of = /\/account\/([^/]+)\//.exec(path)?.[1];
  return method === "POST" && (status < 400 || Boolean(fault)) && path.includes(word) && (of === undefined || of === String(account));
}
