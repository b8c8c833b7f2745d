/// <reference lib="webworker" />
import { Hub } from './hub';

// The SharedWorker that holds the stream of all tabs. A tab sends the topics that it shows, and none when it closes.
const scope = self as unknown as SharedWorkerGlobalScope;

const hub = new Hub<MessagePort>(
  (url) => new EventSource(url),
  (port, message) => port.postMessage(message),
);

scope.onconnect = (event) => {
  const port = event.ports[0]!;
  port.onmessage = ({ data }: MessageEvent<string[]>) => hub.show(port, data);
  port.start();
};
