import { createServer } from 'node:net'
import { CliError } from '../errors.ts'

const HOST = '127.0.0.1'

function bind(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, HOST, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port))
    })
  })
}

/** A port that was free a moment ago. */
export const freePort = (): Promise<number> => bind(0)

/** @throws CliError `port-busy` naming the way out */
export async function requirePort(port: number): Promise<void> {
  try {
    await bind(port)
  } catch (error) {
    const busy = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
    throw new CliError(
      'port-busy',
      `port ${port} on ${HOST} ${busy ? 'is in use' : 'cannot be opened'}: stop the other program or choose another port with --port N`,
      error,
    )
  }
}
