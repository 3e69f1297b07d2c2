import { createServer, type Server, type Socket } from 'node:net'
import { check, describeProblems } from '@minewarden/protocol/errors.ts'
import { type Clock, instant, isoTime, type Millis } from '@minewarden/protocol/time.ts'
import { createLineSplitter, type Line } from './lines.ts'
import {
  type FeederCommand,
  type FeederMessage,
  FeederRequest,
  type FeederState,
  MAX_LINE_BYTES,
  type Refusal,
} from './messages.ts'
import type { PositionFile } from './position-file.ts'
import { createSelections, type FeederRecord, newFeeder, operated, pressed, type Selections } from './switchgear.ts'

/**
 * The feeder simulator: switches between supply and sites, operated over a loopback socket. It stands for switchgear,
 * not for a protocol of the trade: what it keeps of the real thing is select before operate, positions that outlive a
 * restart, and the ways in which an operation goes wrong.
 */

/** Further connections are closed at once: the simulator serves one machine's demo. */
export const MAX_CONNECTIONS = 256
/** A client that leaves more than this unread is disconnected; it learns the state anew when it comes back. */
export const MAX_UNREAD_BYTES = 64 * 1024
export const DEFAULT_SELECT_TIMEOUT_MS = 30_000

/** Ways in which a feeder misbehaves, for tests; all absent means that it is well. */
export interface FeederFaults {
  /** Every answer about this feeder is late by so much. */
  readonly delayMs?: Millis
  /** Locked: refuses to be selected and operated. */
  readonly refuse?: boolean
  /** Accepts the command and stays where it is. */
  readonly stuck?: boolean
}

export interface FeederServerDeps {
  readonly clock: Clock
  /** Without it positions are forgotten with the process, and all feeders begin closed. */
  readonly positions?: PositionFile
}

export interface FeederServerOptions {
  readonly feeders: readonly string[]
  readonly host?: string
  /** 0 binds any free port. */
  readonly port: number
  readonly selectTimeoutMs?: Millis
}

export interface FeederServer extends AsyncDisposable {
  /** Binds, after reading the positions; returns the port. Rejects with what `listen` threw, or `feeder-state-unreadable`. */
  start(): Promise<number>
  states(): readonly FeederState[]
  inject(feeder: string, faults: FeederFaults): void
}

interface Panel extends FeederServerDeps {
  readonly selectTimeoutMs: Millis
  readonly records: Map<string, FeederRecord>
  readonly faults: Map<string, FeederFaults>
  readonly selections: Selections
  readonly connections: Set<Connection>
}

interface Connection {
  readonly socket: Socket
  readonly watched: Set<string>
}

export function createFeederServer(deps: FeederServerDeps, options: FeederServerOptions): FeederServer {
  const selectTimeoutMs = options.selectTimeoutMs ?? DEFAULT_SELECT_TIMEOUT_MS
  const panel: Panel = {
    ...deps,
    selectTimeoutMs,
    records: new Map(options.feeders.map((feeder) => [feeder, newFeeder(feeder)])),
    faults: new Map(),
    selections: createSelections(selectTimeoutMs),
    connections: new Set(),
  }
  const server = createServer((socket) => accept(panel, socket))
  return {
    async start() {
      for (const record of deps.positions?.load() ?? []) {
        if (panel.records.has(record.state.feeder)) panel.records.set(record.state.feeder, record)
      }
      return listen(server, options.host ?? '127.0.0.1', options.port)
    },
    states: () => [...panel.records.values()].map((record) => record.state),
    inject(feeder, faults) {
      if (panel.records.has(feeder)) panel.faults.set(feeder, faults)
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const { socket } of panel.connections) socket.destroy()
      await closed
    },
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}

function accept(panel: Panel, socket: Socket): void {
  if (panel.connections.size >= MAX_CONNECTIONS) {
    socket.destroy()
    return
  }
  const connection: Connection = { socket, watched: new Set() }
  const split = createLineSplitter(MAX_LINE_BYTES)
  panel.connections.add(connection)
  socket.setNoDelay(true)
  socket.on('data', (chunk) => {
    for (const line of split(chunk)) receive(panel, connection, line)
  })
  // A reset is followed by 'close'; there is nobody to tell.
  socket.on('error', () => undefined)
  socket.on('close', () => {
    panel.connections.delete(connection)
    panel.selections.forget(connection)
  })
}

function receive(panel: Panel, connection: Connection, line: Line): void {
  if (line.kind === 'too-long') {
    send(connection, refusal(null, 'line-too-long', `a line is at most ${MAX_LINE_BYTES} bytes`))
    return
  }
  const input = parseJson(line.text)
  const request = check(FeederRequest, input)
  if (!request.ok) {
    send(connection, refusal(requestIdOf(input), 'request-malformed', describeProblems(request.problems)))
    return
  }
  const delayMs = 'feeder' in request.value ? panel.faults.get(request.value.feeder)?.delayMs : undefined
  const respond = () => send(connection, answer(panel, connection, request.value))
  if (delayMs) void panel.clock.sleep(delayMs).then(respond)
  else respond()
}

function answer(panel: Panel, connection: Connection, request: FeederRequest): FeederMessage {
  const { id } = request
  if (request.op === 'list') {
    return { id, ok: true, feeders: [...panel.records.values()].map((record) => record.state) }
  }
  const record = panel.records.get(request.feeder)
  if (!record) return refusal(id, 'feeder-unknown', `feeder: there is no '${request.feeder}'`)
  switch (request.op) {
    case 'read':
      return { id, ok: true, feeders: [record.state] }
    case 'watch':
      connection.watched.add(request.feeder)
      return { id, ok: true, feeders: [record.state] }
    case 'select':
      return select(panel, connection, request, record)
    case 'operate':
      return operate(panel, connection, request, record)
    case 'press':
      return press(panel, id, record)
    case 'cancel':
      return panel.selections.release(connection, request, panel.clock.monotonic())
        ? { id, ok: true, feeders: [record.state] }
        : refusal(id, 'not-selected', 'nothing of this kind is selected by this connection')
  }
}

type Command = FeederCommand & { readonly id: number; readonly before?: number | undefined }

function select(panel: Panel, connection: Connection, request: Command, record: FeederRecord): FeederMessage {
  const { id, feeder } = request
  if (panel.faults.get(feeder)?.refuse) return refusal(id, 'refused', `feeder '${feeder}' is locked`)
  if (!panel.selections.select(connection, request, panel.clock.monotonic())) {
    return refusal(id, 'selected-by-other', `feeder '${feeder}' is selected by another connection`)
  }
  return { id, ok: true, feeders: [record.state], selectedForMs: panel.selectTimeoutMs }
}

function operate(panel: Panel, connection: Connection, request: Command, record: FeederRecord): FeederMessage {
  const { id, feeder } = request
  const outcome = operated(record, request, panel.clock.now())
  if (!outcome.ok) return refusal(id, outcome.refusal, outcome.message)
  // A repetition needs no selection: the first answer may have been lost together with the connection.
  if (!outcome.repeated) {
    if (!panel.selections.release(connection, request, panel.clock.monotonic())) {
      return refusal(id, 'not-selected', 'select this action with this reference first, and operate in time')
    }
    const { before = Number.POSITIVE_INFINITY } = request
    if (panel.clock.now() >= before) return refusal(id, 'too-late', `before: ${isoTime(instant(before))} has passed`)
    const faults = panel.faults.get(feeder)
    if (faults?.refuse) return refusal(id, 'refused', `feeder '${feeder}' is locked`)
    if (faults?.stuck) return refusal(id, 'failed-to-move', `feeder '${feeder}' stayed ${record.state.position}`)
    if (!store(panel, outcome.record)) return refusal(id, 'not-stored', `feeder '${feeder}' was left as it is`)
  }
  const { operatedAt, repeated } = outcome
  return { id, ok: true, feeders: [outcome.record.state], operatedAt, repeated }
}

function press(panel: Panel, id: number, record: FeederRecord): FeederMessage {
  const { feeder } = record.state
  const after = pressed(record, panel.clock.now())
  if (!after) return refusal(id, 'close-not-permitted', `feeder '${feeder}' may not be closed`)
  if (after !== record && !store(panel, after)) return refusal(id, 'not-stored', `feeder '${feeder}' was left as it is`)
  return { id, ok: true, feeders: [after.state] }
}

/** Written down before it counts: a switch that says it is open must be so after a crash as well. */
function store(panel: Panel, record: FeederRecord): boolean {
  const { feeder } = record.state
  const before = panel.records.get(feeder)
  panel.records.set(feeder, record)
  try {
    panel.positions?.save([...panel.records.values()])
  } catch {
    if (before) panel.records.set(feeder, before)
    return false
  }
  for (const connection of panel.connections) {
    if (connection.watched.has(feeder)) send(connection, { event: 'change', feeder: record.state })
  }
  return true
}

function send({ socket }: Connection, message: FeederMessage): void {
  if (!socket.writable) return
  socket.write(`${JSON.stringify(message)}\n`)
  if (socket.writableLength > MAX_UNREAD_BYTES) socket.destroy()
}

const refusal = (id: number | null, why: Refusal, message: string): FeederMessage => ({
  id,
  ok: false,
  refusal: why,
  message,
})

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** So that even a malformed request's answer finds who asked. */
function requestIdOf(input: unknown): number | null {
  const id = (input as { id?: unknown } | null | undefined)?.id
  return typeof id === 'number' && Number.isSafeInteger(id) && id >= 0 ? id : null
}
