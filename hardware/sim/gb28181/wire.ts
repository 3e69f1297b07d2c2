import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'

/** The way from a simulated camera to its platform. */
export interface CameraWire {
  readonly transport: 'UDP' | 'TCP'
  /** `host:port` of the camera's side. */
  readonly local: string
  send(bytes: Uint8Array): void
  /** Told each whole message, as text (latin1). */
  onMessage(listener: (text: string) => void): void
  close(): void
}

/** A socket of its own, as a camera has. */
export async function udpWire(port: number, host = '127.0.0.1', from = '127.0.0.1'): Promise<CameraWire> {
  const socket = createSocket('udp4')
  socket.bind(0, from)
  await once(socket, 'listening')
  return {
    transport: 'UDP',
    local: `${from}:${socket.address().port}`,
    send: (bytes) => socket.send(bytes, port, host, () => undefined),
    onMessage: (listener) => socket.on('message', (bytes) => listener(bytes.toString('latin1'))),
    close: () => socket.close(),
  }
}

export async function tcpWire(port: number, host = '127.0.0.1'): Promise<CameraWire> {
  const socket = connect({ port, host, noDelay: true })
  await once(socket, 'connect')
  socket.on('error', () => socket.destroy())
  return {
    transport: 'TCP',
    local: `${socket.localAddress}:${(socket.address() as AddressInfo).port}`,
    send: (bytes) => socket.write(bytes),
    onMessage: (listener) => {
      let waiting = ''
      socket.on('data', (bytes) => {
        waiting += bytes.toString('latin1')
        for (;;) {
          const end = waiting.indexOf('\r\n\r\n')
          if (end < 0) return
          const whole = end + 4 + Number(/\ncontent-length: *(\d+)/i.exec(waiting.slice(0, end))?.[1] ?? 0)
          if (waiting.length < whole) return
          listener(waiting.slice(0, whole))
          waiting = waiting.slice(whole)
        }
      })
    },
    close: () => socket.destroy(),
  }
}
