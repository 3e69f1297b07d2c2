import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** The network between a program and a server of this machine: it may be cut, or hang without a word. */
export interface BadNetwork extends AsyncDisposable {
  readonly port: number
  /** Every connection breaks. New ones go through. */
  cut(): void
  /** Nothing gets through in either direction, and nobody is told; until `flow`. */
  stall(): void
  flow(): void
}

export async function openBadNetwork(toPort: number): Promise<BadNetwork> {
  const sockets = new Set<Socket>()
  let stalled = false
  const server = createServer((near) => {
    const far = connect(toPort, '127.0.0.1')
    join(near, far)
    join(far, near)
  })
  const join = (from: Socket, to: Socket) => {
    sockets.add(from)
    if (stalled) from.pause()
    from.on('data', (chunk) => to.write(chunk))
    from.on('error', () => from.destroy())
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
    if (stalled) from.pause()
  }
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    stall() {
      stalled = true
      for (const socket of sockets) socket.pause()
    },
    flow() {
      stalled = false
      for (const socket of sockets) socket.resume()
    },
    async [Symbol.asyncDispose]() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
