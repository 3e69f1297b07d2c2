import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { OrdersService } from '@minewarden/cloud/core/ports.ts'
import { JOSE_MEDIA_TYPE } from '@minewarden/protocol/order.ts'

/** The two addresses of the county that a power company calls, on a free port. `drop` makes it lose a request. */
export async function serveCounty(
  orders: () => Pick<OrdersService, 'jwks' | 'answer'> | null,
  tls: { cert: string; key: string },
  drop: () => boolean = () => false,
) {
  const server = createServer(tls, async (request, response) => {
    const service = orders()
    if (!service || drop()) return void request.socket.destroy()
    if (request.url === '/.well-known/jwks.json') return void response.end(JSON.stringify(service.jwks()))
    let body = ''
    for await (const chunk of request) body += chunk
    try {
      const { permission } = await service.answer(String(request.url).split('/')[4] ?? '', body)
      // Lost after it was taken: the sender cannot know.
      if (drop()) return void request.socket.destroy()
      if (permission) response.setHeader('content-type', JOSE_MEDIA_TYPE)
      response.end(permission ?? '{}')
    } catch (error) {
      response.statusCode = 409
      response.end(String(error))
    }
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    url: `https://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
