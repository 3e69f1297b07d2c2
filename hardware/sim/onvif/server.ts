/** A simulated camera on real ports of this machine: HTTP for ONVIF and pictures, TCP for RTSP. */
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcp, type Socket, type Server as TcpServer } from 'node:net'
import type { SimulatedOnvifCamera, SimulatedResponse } from './camera.ts'
import { type RtspFaults, RtspPeer } from './rtsp-peer.ts'

const DRIP_MS = 200

export class OnvifCameraServer implements AsyncDisposable {
  readonly camera: SimulatedOnvifCamera
  rtspFaults: RtspFaults = {}
  /** Connections that were ever made, and those that are open. */
  connections = 0
  readonly #open = new Set<Socket>()
  readonly #stop = new AbortController()
  #http: Server | null = null
  #rtsp: TcpServer | null = null
  #httpPort = 0
  #rtspPort = 0

  constructor(camera: SimulatedOnvifCamera) {
    this.camera = camera
  }

  get url(): string {
    return `http://127.0.0.1:${this.#httpPort}`
  }

  get rtspUrl(): string {
    return `rtsp://127.0.0.1:${this.#rtspPort}/stream1`
  }

  get openConnections(): number {
    return this.#open.size
  }

  /** Binds, or binds again, the ports that it had. */
  async powerOn(): Promise<this> {
    if (!this.#http) {
      this.#http = createHttp((request, response) => void this.#serve(request, response))
      this.#httpPort = await listen(this.#http, this.#httpPort)
      this.#http.on('connection', (socket) => this.#keep(socket))
    }
    if (!this.#rtsp) {
      this.#rtsp = createTcp((socket) => this.#talk(socket))
      this.#rtspPort = await listen(this.#rtsp, this.#rtspPort)
    }
    this.camera.streamUri ||= this.rtspUrl
    return this
  }

  /** Nothing listens any more, and all connections break. */
  async powerOff(what: 'all' | 'http' | 'rtsp' = 'all'): Promise<void> {
    const closing = [what !== 'rtsp' ? this.#http : null, what !== 'http' ? this.#rtsp : null]
    if (what !== 'rtsp') this.#http = null
    if (what !== 'http') this.#rtsp = null
    if (what !== 'rtsp') this.camera.reboot()
    const closed = closing.map((server) => server && new Promise((resolve) => server.close(resolve)))
    for (const socket of this.#open) socket.destroy()
    await Promise.all(closed)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.powerOff()
  }

  #keep(socket: Socket): void {
    this.connections += 1
    this.#open.add(socket)
    socket.on('close', () => this.#open.delete(socket))
    socket.on('error', () => undefined)
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { faults } = this.camera
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    try {
      const chunks: Uint8Array[] = []
      for await (const chunk of request) chunks.push(chunk as Uint8Array)
      if (faults.wire === 'hang' || (faults.picture === 'hang' && request.method === 'GET')) return
      const answer = await this.camera.respond(
        {
          method: request.method ?? '',
          path: request.url ?? '',
          host: request.headers.host ?? '',
          authorisation: request.headers.authorization ?? '',
          body: Buffer.concat(chunks).toString('utf8'),
        },
        AbortSignal.any([gone.signal, this.#stop.signal]),
      )
      await this.#send(answer, response)
    } catch {
      response.destroy()
    }
  }

  async #send({ status, headers, body }: SimulatedResponse, response: ServerResponse): Promise<void> {
    const { wire } = this.camera.faults
    if (wire === 'endless') return endless(response)
    response.writeHead(status, { ...headers, 'content-length': body.length })
    if (wire === 'cut-off') {
      response.write(body.subarray(0, body.length / 2), () => response.destroy())
    } else if (wire === 'drip') {
      for (const byte of body) {
        if (response.destroyed) return
        response.write(Uint8Array.of(byte))
        await new Promise((resolve) => setTimeout(resolve, DRIP_MS))
      }
    } else response.end(body)
  }

  #talk(socket: Socket): void {
    this.#keep(socket)
    const peer = new RtspPeer(() => ({ account: this.camera.account, faults: this.rtspFaults }))
    socket.on('data', (bytes: Buffer) => {
      const answer = peer.receive(bytes.toString('latin1'))
      if (answer === null) socket.destroy()
      else if (answer !== '') socket.write(answer, 'latin1')
    })
  }
}

/** As long as somebody takes it. */
function endless(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/soap+xml' })
  const filler = Buffer.from('<a>'.repeat(20_000))
  const push = () => {
    while (!response.destroyed && response.write(filler)) {}
  }
  response.on('drain', push)
  push()
}

async function listen(server: TcpServer, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}
