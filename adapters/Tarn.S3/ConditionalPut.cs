using System.Net;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.Logging;
using Tarn.Core;

namespace Tarn.S3;

/// <summary>
/// A PUT with <c>If-None-Match: *</c> whose answer is never mistaken: the object carries a mark of this call, so that "there is one already" after a try
/// whose outcome stayed open tells whether it is that try's.
/// </summary>
internal sealed class ConditionalPut(S3Target target, S3StoreOptions options, TimeProvider time, IdSource ids, ILogger log)
{
    private const string Mark = "x-amz-meta-tarn-put";

    /// <summary>AWS is known to refuse; another server has to show it once.</summary>
    private volatile bool _refusesSeconds = options.Endpoint is null;

    /// <summary>True when this call created the object, false when another has the key.</summary>
    public async Task<bool> PutAsync(string key, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var mark = ids.NewId();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                if (!await TryAsync(key, content, mark, cancellationToken).ConfigureAwait(false))
                {
                    return await IsOursAsync(key, mark, cancellationToken).ConfigureAwait(false);
                }

                await RequireRefusalAsync(key, content, mark, cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (Exception e) when (attempt < options.Retries && !cancellationToken.IsCancellationRequested && (IsConflict(e) || S3Error.IsPassing(e)))
            {
                log.PutRepeated(key, attempt + 1, e);
                await Pause.AfterAsync(attempt, mark, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <returns>False where there is an object of that key.</returns>
    private async Task<bool> TryAsync(string key, ReadOnlyMemory<byte> content, string mark, CancellationToken cancellationToken)
    {
        using var stream = S3Uploads.Stream(content);
        var request = new PutObjectRequest { BucketName = target.Bucket, Key = key, InputStream = stream, IfNoneMatch = "*" };
        request.Metadata.Add(Mark, mark);
        try
        {
            await target.Once.PutObjectAsync(request, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.PreconditionFailed)
        {
            return false;
        }
    }

    private async Task<bool> IsOursAsync(string key, string mark, CancellationToken cancellationToken)
    {
        try
        {
            var found = await target.Client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = target.Bucket, Key = key }, cancellationToken).ConfigureAwait(false);
            var ours = found.Metadata[Mark] == mark;
            if (ours)
            {
                log.PutFoundOwn(key);
            }

            return ours;
        }
        catch (AmazonS3Exception e) when (S3Error.IsAbsent(e))
        {
            throw new TarnException(
                ErrorKind.Unavailable, "An object was there when it was to be created, and gone when it was looked at.", $"s3://{target.Bucket}/{key}", "Try again.", e);
        }
    }

    /// <summary>
    /// A server that ignores If-None-Match would let commits overwrite each other, silently. So the first object that is created is created once more with the
    /// same content: that has to be refused.
    /// </summary>
    private async Task RequireRefusalAsync(string key, ReadOnlyMemory<byte> content, string mark, CancellationToken cancellationToken)
    {
        if (_refusesSeconds)
        {
            return;
        }

        bool ignored;
        try
        {
            ignored = await TryAsync(key, content, mark, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (S3Error.IsKnown(e, cancellationToken))
        {
            // Nothing is known yet; what was created stays created, and the next one is asked about again.
            return;
        }

        _refusesSeconds = ignored
            ? throw new TarnException(
                ErrorKind.Unsupported, "The server ignores If-None-Match on PUT: two writers would overwrite each other's commits.", target.Endpoint,
                "Use a server that knows conditional writes, as S3 does, or a newer version of this one.")
            : true;
    }

    // 409 says that the request had no effect because another was under way, and is to be sent again.
    private static bool IsConflict(Exception exception) => exception is AmazonS3Exception { StatusCode: HttpStatusCode.Conflict };
}
