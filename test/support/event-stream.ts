import { request } from 'node:http'
import type { Socket } from 'node:net'

/** One message of a `text/event-stream`. */
export interface StreamMessage {
  readonly event: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it as they please
  readonly data: any
}

/** Reads an event stream over a real socket; `freeze` stops reading, as a hung page does. */
export function openEventStream(url: string) {
  const messages: StreamMessage[] = []
  let socket: Socket | undefined
  let status = 0
  let ended = false
  let text = ''
  const counts = new Map<string, number>()
  const take = (message: StreamMessage) => {
    messages.push(message)
    counts.set(message.event, (counts.get(message.event) ?? 0) + 1)
  }
  const outgoing = request(url, { agent: false }, (response) => {
    status = response.statusCode ?? 0
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      text += chunk
      const frames = text.split('\n\n')
      text = frames.pop() ?? ''
      for (const frame of frames) take(parseFrame(frame))
    })
    response.on('close', () => {
      ended = true
    })
  })
  outgoing.on('socket', (own) => {
    socket = own
  })
  outgoing.on('error', () => {
    ended = true
  })
  outgoing.end()
  return {
    messages,
    of: (event: string) => messages.filter((message) => message.event === event),
    count: (event: string) => counts.get(event) ?? 0,
    status: () => status,
    ended: () => ended,
    freeze: () => socket?.pause(),
    thaw: () => socket?.resume(),
    close: () => outgoing.destroy(),
  }
}

function parseFrame(frame: string): StreamMessage {
  const line = (name: string) =>
    frame
      .split('\n')
      .find((one) => one.startsWith(`${name}: `))
      ?.slice(name.length + 2)
  return { event: line('event') ?? 'message', data: JSON.parse(line('data') ?? 'null') }
}
