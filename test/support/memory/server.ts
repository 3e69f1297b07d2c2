import type { User } from '../../../cloud/core/ports.ts'
import type { ServerDeps } from '../../../cloud/http/deps.ts'
import { createServer } from '../../../cloud/http/server.ts'
import { answerProblem } from '../api-answers.ts'
import { createMemoryCloud } from './cloud.ts'

/** What our own page sends with each request. */
export const OWN_PAGE = { origin: 'http://mines.example', host: 'mines.example', 'sec-fetch-site': 'same-origin' }

/** A server over a memory cloud, called without a socket. Every answer is held to what the API's description promises. */
export async function createTestServer(options: Partial<ServerDeps> = {}) {
  const cloud = createMemoryCloud(options)
  const app = await createServer(cloud.deps)
  const call = async (method: 'GET' | 'POST', url: string, headers: Record<string, string>, payload?: object) => {
    const answer = await app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
    const contentType = String(answer.headers['content-type'] ?? '')
    const seen = { method, url, status: answer.statusCode, contentType, body: answer.body }
    const problem = url.startsWith('/api/') ? answerProblem(seen) : null
    if (problem !== null) throw new Error(problem)
    return answer
  }
  const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
    call('POST', url, { ...OWN_PAGE, ...headers }, body as object)
  return {
    ...cloud,
    app,
    get: (url: string, headers: Record<string, string> = {}) => call('GET', url, { host: OWN_PAGE.host, ...headers }),
    post,
    /** Signs in; returns the header that carries the session. */
    async signIn(user: User): Promise<{ cookie: string }> {
      const answer = await post('/api/v1/sign-in', { token: cloud.sessions.tokenFor(user) })
      const cookie = answer.cookies[0]
      if (!cookie) throw new Error(`no session: ${answer.body}`)
      return { cookie: `${cookie.name}=${cookie.value}` }
    },
    async [Symbol.asyncDispose]() {
      await app.close()
    },
  }
}
