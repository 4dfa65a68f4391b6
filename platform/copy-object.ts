/** Copies an S3 object without its bytes passing through here, large ones in parts side by side. */
import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';

/** An object, and what it was when it was looked at. */
export interface CopySource {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: number;
  readonly version?: string;
  readonly etag?: string;
}

/** S3 copies up to 5 GB in one request. Smaller parts go faster. */
const PART = 1 << 30;
const AT_ONCE = 10;

/**
 * Copies an object as it was when it was looked at.
 * @param metadata what the copy says of itself. @default what the object says
 */
export async function copyObject(
  s3: S3Client,
  target: { readonly Bucket: string; readonly Key: string },
  { bucket, key, version, etag, bytes }: CopySource,
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  const described = metadata && { Metadata: { ...metadata } };
  const source = {
    CopySource: `${bucket}/${key.split('/').map(encodeURIComponent).join('/')}${version ? `?versionId=${version}` : ''}`,
    CopySourceIfMatch: etag,
  };
  if (bytes <= PART) {
    // The object's tags stay behind: copying them takes rights of their own.
    await s3.send(
      new CopyObjectCommand({
        ...{ ...target, ...source, TaggingDirective: 'REPLACE' },
        ...(described && { ...described, MetadataDirective: 'REPLACE' }),
      }),
    );
    return;
  }
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...target, ...described }));
  const starts = Array.from({ length: Math.ceil(bytes / PART) }, (_, i) => i * PART);
  const copied: CompletedPart[] = [];
  for (let i = 0; i < starts.length; i += AT_ONCE)
    copied.push(
      ...(await Promise.all(
        starts.slice(i, i + AT_ONCE).map(async (start, j) => {
          const PartNumber = i + j + 1;
          const CopySourceRange = `bytes=${start}-${Math.min(start + PART, bytes) - 1}`;
          const part = { ...target, ...source, UploadId, PartNumber, CopySourceRange };
          const { CopyPartResult } = await s3.send(new UploadPartCopyCommand(part));
          return { PartNumber, ETag: CopyPartResult?.ETag };
        }),
      )),
    );
  await s3.send(
    new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts: copied } }),
  );
}
