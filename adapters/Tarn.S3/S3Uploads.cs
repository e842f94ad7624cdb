using System.Net;
using System.Runtime.InteropServices;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.Logging;

namespace Tarn.S3;

/// <summary>Sends files, long ones in parts, and knows the uploads that were begun and not ended.</summary>
internal sealed class S3Uploads(S3Target target, S3StoreOptions options, ILogger log)
{
    private const int MostParts = 10_000;

    /// <summary>An upload that was begun and not ended.</summary>
    internal readonly record struct Unfinished(string Key, string UploadId, long Size, DateTimeOffset Begun);

    /// <summary>A stream over the content, without a copy where it is an array.</summary>
    public static MemoryStream Stream(ReadOnlyMemory<byte> content) => MemoryMarshal.TryGetArray(content, out var array) && array.Array is not null
        ? new MemoryStream(array.Array, array.Offset, array.Count, writable: false)
        : new MemoryStream(content.ToArray(), writable: false);

    /// <summary>Sends a file. It appears whole, or when this fails: whole or not at all.</summary>
    public async Task<bool> PutAsync(string key, string file, CancellationToken cancellationToken)
    {
        var size = new FileInfo(file).Length;
        if (size > options.PartBytes)
        {
            await PutPartsAsync(key, file, size, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await target.Client.PutObjectAsync(new PutObjectRequest { BucketName = target.Bucket, Key = key, FilePath = file }, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Ends an upload; one that is over already is no error.</summary>
    public async Task<bool> AbortAsync(string key, string uploadId, CancellationToken cancellationToken)
    {
        try
        {
            await target.Client.AbortMultipartUploadAsync(new AbortMultipartUploadRequest { BucketName = target.Bucket, Key = key, UploadId = uploadId }, cancellationToken).ConfigureAwait(false);
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound && e.ErrorCode != "NoSuchBucket")
        {
            return false;
        }

        return true;
    }

    /// <summary>The uploads below a prefix that were begun and not ended, with the bytes that they hold.</summary>
    public async Task<List<Unfinished>> ListAsync(string prefix, CancellationToken cancellationToken)
    {
        var found = new List<Unfinished>();
        var request = new ListMultipartUploadsRequest { BucketName = target.Bucket, Prefix = prefix };
        while (true)
        {
            var page = await target.Client.ListMultipartUploadsAsync(request, cancellationToken).ConfigureAwait(false);
            foreach (var upload in page.MultipartUploads ?? [])
            {
                // Not every server heeds the prefix.
                if (upload.Key.StartsWith(prefix, StringComparison.Ordinal) && await SizeAsync(upload, cancellationToken).ConfigureAwait(false) is { } size)
                {
                    found.Add(new Unfinished(upload.Key, upload.UploadId, size, upload.Initiated is { } begun ? new DateTimeOffset(begun.ToUniversalTime()) : DateTimeOffset.UnixEpoch));
                }
            }

            if (page.IsTruncated != true)
            {
                return found;
            }

            (request.KeyMarker, request.UploadIdMarker) = (page.NextKeyMarker, page.NextUploadIdMarker);
        }
    }

    private async Task PutPartsAsync(string key, string file, long size, CancellationToken cancellationToken)
    {
        var begun = await target.Client.InitiateMultipartUploadAsync(new InitiateMultipartUploadRequest { BucketName = target.Bucket, Key = key }, cancellationToken).ConfigureAwait(false);
        try
        {
            var partBytes = Math.Max(options.PartBytes, (size + MostParts - 1) / MostParts);
            var parts = new PartETag[(size + partBytes - 1) / partBytes];
            await Parallel.ForAsync(0, parts.Length, new ParallelOptions { MaxDegreeOfParallelism = options.ParallelParts, CancellationToken = cancellationToken }, async (part, cancel) =>
            {
                var request = new UploadPartRequest
                {
                    BucketName = target.Bucket,
                    Key = key,
                    UploadId = begun.UploadId,
                    PartNumber = part + 1,
                    FilePath = file,
                    FilePosition = part * partBytes,
                    PartSize = Math.Min(partBytes, size - (part * partBytes)),
                };
                parts[part] = new PartETag(await target.Client.UploadPartAsync(request, cancel).ConfigureAwait(false));
            }).ConfigureAwait(false);
            await CompleteAsync(key, begun.UploadId, parts, size, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await GiveUpAsync(key, begun.UploadId).ConfigureAwait(false);
            throw;
        }
    }

    private async Task CompleteAsync(string key, string uploadId, PartETag[] parts, long size, CancellationToken cancellationToken)
    {
        try
        {
            await target.Client.CompleteMultipartUploadAsync(
                new CompleteMultipartUploadRequest { BucketName = target.Bucket, Key = key, UploadId = uploadId, PartETags = [.. parts] }, cancellationToken).ConfigureAwait(false);
        }
        catch (AmazonS3Exception e) when (e.ErrorCode == "NoSuchUpload")
        {
            // A repeated request finds no upload where the first one, whose answer was lost, completed it.
            var there = await target.Client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = target.Bucket, Key = key }, cancellationToken).ConfigureAwait(false);
            if (there.ContentLength != size || there.ETag?.EndsWith($"-{parts.Length}\"", StringComparison.Ordinal) != true)
            {
                throw;
            }
        }
    }

    /// <summary>Frees the parts. Where that fails, too, the upload stays among the unfinished ones, and the error that led here is the one to tell.</summary>
    private async Task GiveUpAsync(string key, string uploadId)
    {
        try
        {
            await AbortAsync(key, uploadId, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (S3Error.IsKnown(e, CancellationToken.None))
        {
            log.UploadLeft(key, e);
        }
    }

    private async Task<long?> SizeAsync(MultipartUpload upload, CancellationToken cancellationToken)
    {
        try
        {
            var request = new ListPartsRequest { BucketName = target.Bucket, Key = upload.Key, UploadId = upload.UploadId };
            long size = 0;
            while (true)
            {
                var page = await target.Client.ListPartsAsync(request, cancellationToken).ConfigureAwait(false);
                size += (page.Parts ?? []).Sum(static p => p.Size ?? 0);
                if (page.IsTruncated != true)
                {
                    return size;
                }

                request.PartNumberMarker = page.NextPartNumberMarker?.ToString(System.Globalization.CultureInfo.InvariantCulture);
            }
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            // Ended meanwhile.
            return null;
        }
    }
}
