import { sha256Hex } from '@minewarden/protocol/canonical-json.ts'
import { claimedKeyId, verifyDocument } from '@minewarden/protocol/jws.ts'
import { DOCUMENT_TYPES, JOSE_MEDIA_TYPE } from '@minewarden/protocol/order.ts'
import { OperatePermission } from '@minewarden/protocol/permission.ts'
import type { Logger } from '../core/ports.ts'
import type { CountyKeys } from './county-keys.ts'
import type { HttpsClient } from './https-client.ts'

export interface PermissionClientDeps {
  readonly client: Pick<HttpsClient, 'post'>
  readonly keys: CountyKeys
  readonly answersUrl: string
  readonly logger: Logger
}

/** A reply whose signature verified; nothing of it has been held against what was asked. */
export interface PermissionReply {
  readonly permission: OperatePermission
  /** Of the JWS. */
  readonly sha256: string
}

/** Asks the county with a signed selection; `null` when there is no reply that verifies, which is logged. */
export type AskPermission = (selectedJws: string, signal: AbortSignal) => Promise<PermissionReply | null>

export function createPermissionClient({ client, keys, answersUrl, logger }: PermissionClientDeps): AskPermission {
  return async (selectedJws, signal) => {
    try {
      const { status, mediaType, body } = await client.post(answersUrl, JOSE_MEDIA_TYPE, selectedJws, signal)
      if (status !== 200 || mediaType !== JOSE_MEDIA_TYPE) {
        logger.warn({ status, mediaType }, 'the county gave no reply to a selection')
        return null
      }
      const jws = body.trim()
      const keySet = await keys.keysFor(claimedKeyId(jws))
      const { document } = await verifyDocument(jws, DOCUMENT_TYPES.permission, keySet, OperatePermission)
      return { permission: document, sha256: await sha256Hex(jws) }
    } catch (error) {
      if (!signal.aborted) logger.warn({ error: String(error) }, 'the reply to a selection cannot be had')
      return null
    }
  }
}
