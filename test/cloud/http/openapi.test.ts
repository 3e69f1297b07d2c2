import { expect, test } from 'vitest'
import { OPERATIONS } from '../../../cloud/http/openapi/operations.ts'
import { openApi } from '../../../cloud/http/openapi-routes.ts'
import { createServer } from '../../../cloud/http/server.ts'
import { answerProblem } from '../../support/api-answers.ts'
import { createMemoryCloud } from '../../support/memory/cloud.ts'
import { createTestServer } from '../../support/memory/server.ts'

/** The addresses of the router's own drawing: a tree, four characters a level. */
function addressesOf(drawing: string): string[] {
  const above: string[] = []
  return drawing.split('\n').flatMap((line) => {
    const [, indent, rest] = /^((?:[│ ] {3})*)[├└]── (.*)$/.exec(line) ?? []
    if (indent === undefined || rest === undefined) return []
    const depth = indent.length / 4
    const [, part = '', methods] = /^(.*?)(?: \(([A-Z, ]+)\))?$/.exec(rest) ?? []
    above.length = depth
    above.push(part)
    const url = above.join('')
    return (methods?.split(', ') ?? []).filter((method) => method !== 'HEAD').map((method) => `${method} ${url}`)
  })
}

test('every address of the API is described, and none that is not there', async () => {
  const app = await createServer(createMemoryCloud().deps)
  const addresses = addressesOf(app.printRoutes({ commonPrefix: false }))
  await app.close()
  expect(addresses.length).toBeGreaterThan(50)
  const api = addresses.filter((address) => / \/(api|\.well-known)\//.test(address))
  expect(api.sort()).toEqual(Object.keys(OPERATIONS).sort())
})

test('the document is served to anyone, the same as is made here', async () => {
  await using server = await createTestServer()
  const answer = await server.get('/api/v1/openapi.json')
  expect(answer.json()).toEqual(JSON.parse(JSON.stringify(openApi())))
  expect(answer.json()).toMatchObject({ openapi: '3.1.1', info: { title: expect.any(String) } })
})

test('what the document refers to is in it; each operation has a name of its own and its parameters', () => {
  const document = JSON.parse(JSON.stringify(openApi()))
  const text = JSON.stringify(document)
  const references = new Set([...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path as string))
  expect(references.size).toBeGreaterThan(20)
  for (const path of references)
    expect(
      path.split('/').reduce((node: Record<string, never> | undefined, name) => node?.[name], document),
      path,
    ).toBeDefined()
  const operations = Object.entries(document.paths as Record<string, Record<string, Described>>).flatMap(
    ([path, item]) => Object.values(item).map((operation) => ({ path, operation })),
  )
  expect(operations).toHaveLength(Object.keys(OPERATIONS).length)
  expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length)
  for (const { path, operation } of operations) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    expect(operation.parameters?.filter((one) => one.in === 'path').map(({ name }) => name) ?? []).toEqual(named)
    for (const one of operation.parameters ?? []) expect(Object.keys(one.schema), `${path} ${one.name}`).not.toEqual([])
  }
})
interface Described {
  readonly operationId: string
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: object }[]
}

test('bodies are described as they are sent: times as text, what may be left out as such', () => {
  const { paths } = JSON.parse(JSON.stringify(openApi()))
  const body = paths['/api/v1/sites/{site}/waveforms'].post.requestBody.content['application/json'].schema
  expect(body.properties.from).toMatchObject({ type: 'string' })
  expect(body.required).toEqual(['gateway', 'sensor', 'channel', 'from', 'to'])
  const mark = paths['/api/v1/sites/{site}/findings/{number}/mark'].post.requestBody.content['application/json'].schema
  expect(mark.required).toEqual(['verdict'])
})

test('an answer that is not as described would be told', () => {
  const seen = { method: 'GET', url: '/api/v1/me', status: 200, contentType: 'application/json' }
  expect(answerProblem({ ...seen, body: '{"user":null,"publicReading":true}' })).toBeNull()
  expect(answerProblem({ ...seen, body: '{"user":null,"publicReading":true,"more":1}' })).toContain('unrecognized_keys')
  expect(answerProblem({ ...seen, body: '{"user":null}' })).toContain('publicReading')
  expect(answerProblem({ ...seen, url: '/api/v1/elsewhere', body: '{}' })).toContain('not described')
  expect(answerProblem({ ...seen, status: 201, body: '{}' })).toContain('status 201')
})
