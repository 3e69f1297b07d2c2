import { GatewayId, SensorId } from '@minewarden/protocol/ids.ts'
import { z } from 'zod'
import { CloudError } from '../errors.ts'
import type { ServerDeps } from './deps.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { pictureDocument } from './probe-documents.ts'
import { read } from './request-check.ts'
import type { Routes } from './web.ts'

const ProbePath = z.strictObject({ gateway: GatewayId, sensor: SensorId })
const RequestPath = z.strictObject({ request: z.uuid() })
/** Says why, to whoever reads the audit log years later. */
export const Body = z.strictObject({ reason: z.string().trim().min(4).max(500) })
const MOST_LISTED = 20

/**
 * Pictures show people. `POST /api/v1/probes/:gateway/:sensor/pictures {reason}` asks for one (officers) and answers 202
 * `{request}`; it is on record before the gateway is asked. `GET` there lists the last requests; `GET
 * /api/v1/pictures/:request` tells what has come; `GET /api/v1/pictures/:request/image` is the JPEG, and each view of it
 * is on record too. `POST /api/v1/probes/:gateway/:sensor/relearn {reason}` (officers) has the gateway learn anew what a
 * camera sees that was turned on purpose: 202 `{request}`, on record as well. All of it needs a session, though reading be public.
 */
export function pictureRoutes({ probes, pictures }: ServerDeps, gatekeeper: Gatekeeper): Routes {
  const probeOf = (params: unknown) => {
    const { gateway, sensor } = read(ProbePath, 'path', params)
    const probe = probes.get({ gateway, sensor })
    if (probe === null) throw new CloudError('not-found', `No camera probe ${gateway}/${sensor}`)
    return probe
  }
  return async (app) => {
    app.post('/api/v1/probes/:gateway/:sensor/pictures', async (request, reply) => {
      const user = await gatekeeper.officer(request)
      const { site, gateway, sensor } = probeOf(request.params)
      const { reason } = read(Body, 'body', request.body)
      return reply.code(202).send({ request: await pictures.ask({ site, gateway, sensor, reason, by: user.id }) })
    })
    app.post('/api/v1/probes/:gateway/:sensor/relearn', async (request, reply) => {
      const user = await gatekeeper.officer(request)
      const { site, gateway, sensor } = probeOf(request.params)
      const { reason } = read(Body, 'body', request.body)
      return reply.code(202).send({ request: await pictures.relearn({ site, gateway, sensor, reason, by: user.id }) })
    })
    app.get('/api/v1/probes/:gateway/:sensor/pictures', async (request) => {
      await gatekeeper.person(request)
      return pictures.pictures(probeOf(request.params), MOST_LISTED).map(pictureDocument)
    })
    app.get('/api/v1/pictures/:request', async (request) => {
      await gatekeeper.person(request)
      const { request: id } = read(RequestPath, 'path', request.params)
      const picture = pictures.picture(id)
      if (picture === null) throw new CloudError('not-found', `No picture ${id}`)
      return pictureDocument(picture)
    })
    app.get('/api/v1/pictures/:request/image', async (request, reply) => {
      const user = await gatekeeper.person(request)
      const { request: id } = read(RequestPath, 'path', request.params)
      const jpeg = await pictures.view(id, user.id)
      if (jpeg === null) throw new CloudError('not-found', `No picture ${id}, or not all of it yet`)
      return reply.type('image/jpeg').send(Buffer.from(jpeg))
    })
  }
}
