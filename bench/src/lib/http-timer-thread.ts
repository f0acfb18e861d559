/** The thread of `HttpTimer`. Bytes of an answer are counted and dropped. */
import { Agent, type IncomingMessage, request } from 'node:http';
import { parentPort } from 'node:worker_threads';
import { must } from '@hiscrm/shared/lib/must.ts';
import type { TimedAnswer, TimedRequest, TimerResult, TimerTask } from './http-timer.ts';

const port = must(parentPort, 'this file runs as a worker thread');
const agent = new Agent({ keepAlive: true });

function ask({ url, method, headers, body }: TimedRequest): Promise<TimedAnswer> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const onResponse = (response: IncomingMessage): void => {
      let firstByteMs: number | undefined;
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        firstByteMs ??= performance.now() - startedAt;
        bytes += chunk.length;
      });
      response.once('error', reject);
      response.once('end', () => {
        const lastByteMs = performance.now() - startedAt;
        const { statusCode = 0 } = response;
        if (statusCode < 200 || statusCode > 299) reject(new Error(`${method} ${url} was answered ${statusCode}`));
        else resolve({ firstByteMs: firstByteMs ?? lastByteMs, lastByteMs, bytes });
      });
    };
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    request(url, { method, agent, headers: { ...headers, ...length } }, onResponse)
      .once('error', reject)
      .end(body);
  });
}

async function each(requests: readonly TimedRequest[], between: TimedRequest): Promise<TimerResult> {
  const answers: TimedAnswer[] = [];
  const betweenMs: number[] = [];
  for (const one of requests) {
    answers.push(await ask(one));
    betweenMs.push((await ask(between)).lastByteMs);
  }
  return { answers, betweenMs };
}

async function beside(small: TimedRequest, file: TimedRequest, count: number): Promise<TimerResult> {
  const answers: TimedAnswer[] = [];
  while (answers.length < count) {
    let isRead = false;
    const reading = ask(file).finally(() => {
      isRead = true;
    });
    while (!isRead) {
      const answer = await ask(small);
      if (!isRead) answers.push(answer);
    }
    await reading;
  }
  return { answers, betweenMs: [] };
}

const done = (task: TimerTask): Promise<TimerResult> =>
  task.kind === 'each' ? each(task.requests, task.between) : beside(task.small, task.file, task.count);

port.on('message', (task: TimerTask) => void done(task).then((result) => port.postMessage(result)));
