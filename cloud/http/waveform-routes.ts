import { GatewayId, SensorId } from '@minewarden/protocol/ids.ts'
import { IsoTime } from '@minewarden/protocol/site.ts'
import { z } from 'zod'
import { CloudError } from '../errors.ts'
import type { ServerDeps } from './deps.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { read } from './request-check.ts'
import { SitePath, siteOf } from './sites-routes.ts'
import type { Routes } from './web.ts'

/** A gateway answers with at most 4 MiB, some hours of one channel. */
const MAX_SPAN_MS = 24 * 3_600_000

export const Request = z
  .strictObject({
    gateway: GatewayId,
    sensor: SensorId,
    channel: z.string().regex(/^[A-Z0-9]{3}$/, 'a SEED channel code, such as HHZ'),
    from: IsoTime,
    to: IsoTime,
  })
  .superRefine(({ from, to }, context) => {
    const complain = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    if (to <= from) complain('to', 'must be later than from')
    if (to - from > MAX_SPAN_MS) complain('from', 'must be at most 24 hours before to')
  })
const RequestPath = z.strictObject({ request: z.uuid() })

/**
 * `POST /api/v1/sites/:site/waveforms {gateway, sensor, channel, from, to}` asks a gateway for raw waveform and answers
 * 202 `{request}`. `GET /api/v1/waveforms/:request` is the miniSEED that has come so far, its parts counted in
 * `waveform-parts` and, once the gateway has answered, `waveform-parts-expected`; 204 while there is none.
 */
export function waveformRoutes(deps: ServerDeps, gatekeeper: Gatekeeper): Routes {
  return async (app) => {
    app.post('/api/v1/sites/:site/waveforms', async (request, reply) => {
      const user = await gatekeeper.member(request)
      const { site } = read(SitePath, 'path', request.params)
      const stretch = read(Request, 'body', request.body)
      const known = siteOf(deps.sites, site).site.sensors.some(
        ({ gateway, id }) => gateway === stretch.gateway && id === stretch.sensor,
      )
      if (!known) throw new CloudError('not-found', `No sensor ${stretch.gateway}/${stretch.sensor} at ${site}`)
      return reply.code(202).send({ request: deps.waveforms.ask(stretch, user.id) })
    })
    app.get('/api/v1/waveforms/:request', async (request, reply) => {
      await gatekeeper.reader(request)
      const { request: id } = read(RequestPath, 'path', request.params)
      const answer = deps.waveforms.answer(id)
      if (answer === null) throw new CloudError('not-found', `No request ${id}`)
      reply.header('waveform-parts', answer.parts.length)
      if (answer.expected !== null) reply.header('waveform-parts-expected', answer.expected)
      if (answer.parts.length === 0) return reply.code(204).send()
      return reply.type('application/vnd.fdsn.mseed').send(Buffer.concat(answer.parts))
    })
  }
}
