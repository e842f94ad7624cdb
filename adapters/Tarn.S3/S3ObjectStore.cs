using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Lake;

namespace Tarn.S3;

/// <summary>
/// Objects in a bucket of S3, or of a server that speaks S3, below a prefix. <see cref="PutIfAbsentAsync"/> is a PUT with <c>If-None-Match: *</c>, so the
/// server has to know that. Several processes may use one prefix.
/// <para>
/// A put-if-absent knows whose object it found: each call writes a mark of its own into the object's metadata (<c>x-amz-meta-tarn-put</c>). After an
/// answer that leaves the outcome open (a broken connection, a time-out, a 5xx) it is sent again, and "there is one already" then reads the mark: ours
/// means that the earlier try took effect. So whatever repeats a request on its way, its own success is never taken for another's. Only where the server
/// does not answer for longer than all retries does the call fail with the outcome unknown.
/// </para>
/// <para>
/// Files longer than <see cref="S3StoreOptions.PartBytes"/> are sent in parts, and appear when all are there. Uploads that were begun and not ended are
/// what <see cref="ListUnfinishedAsync"/> lists, as <c>path?uploadId=…</c>; <see cref="DeleteAsync"/> of such a path ends them.
/// </para>
/// </summary>
public sealed class S3ObjectStore : ObjectStore, IDisposable
{
    private readonly S3Target _target;
    private readonly S3StoreOptions _options;
    private readonly S3Uploads _uploads;
    private readonly ConditionalPut _conditional;
    private readonly S3Location _location;
    private readonly string _prefix;
    private readonly TimeProvider _time;

    /// <summary>Opens a store; nothing is asked of the server yet (see <see cref="CheckAsync"/>).</summary>
    /// <param name="location">The bucket and the prefix.</param>
    /// <param name="options">How S3 is reached; null for the defaults.</param>
    /// <param name="time">The clock of pauses and time-outs.</param>
    /// <param name="ids">Where the marks of puts come from.</param>
    /// <param name="loggers">Where to tell of what failed and was done again.</param>
    /// <exception cref="TarnException">An option is out of its range (the error names all that are), or no region is known.</exception>
    public S3ObjectStore(S3Location location, S3StoreOptions? options, TimeProvider time, IdSource ids, ILoggerFactory loggers)
    {
        _options = options ?? new S3StoreOptions();
        _options.Validate();
        _location = location;
        _prefix = location.Prefix.Length == 0 ? "" : location.Prefix + "/";
        _time = time;
        try
        {
            _target = new S3Target(location.Bucket, _options);
        }
        catch (AmazonClientException e)
        {
            throw new TarnException(ErrorKind.InvalidInput, $"S3 cannot be used as it is set up: {e.Message}", location.ToString(), "Set Lake:S3:Region or AWS_REGION.", e);
        }

        var log = loggers.CreateLogger<S3ObjectStore>();
        _uploads = new S3Uploads(_target, _options, log);
        _conditional = new ConditionalPut(_target, _options, time, ids, log);
    }

    /// <inheritdoc/>
    public override string Location => _location.ToString();

    /// <summary>Asks for the first of the objects: whether the bucket is there, is reached, and may be listed.</summary>
    /// <exception cref="TarnException">Not so; it says why and what to do.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken = default) => await GuardAsync(
        "list", Location, () => _target.Client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = _target.Bucket, Prefix = _prefix, MaxKeys = 1 }, cancellationToken), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async ValueTask<bool> PutIfAbsentAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        var key = KeyToWrite(path);
        return await GuardAsync("write", path, () => _conditional.PutAsync(key, content, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask PutAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        var key = KeyToWrite(path);
        await GuardAsync(
            "write",
            path,
            async () =>
            {
                using var stream = S3Uploads.Stream(content);
                return await _target.Client.PutObjectAsync(new PutObjectRequest { BucketName = _target.Bucket, Key = key, InputStream = stream }, cancellationToken).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask PutFileAsync(string path, string localFile, CancellationToken cancellationToken = default)
    {
        var key = KeyToWrite(path);
        await GuardAsync("write", path, () => _uploads.PutAsync(key, localFile, cancellationToken), cancellationToken).ConfigureAwait(false);
        File.Delete(localFile);
    }

    /// <inheritdoc/>
    public override async ValueTask<byte[]?> GetAsync(string path, CancellationToken cancellationToken = default)
    {
        var key = Key(path);
        return await GuardAsync("read", path, () => ReadAsync(key, null, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask<byte[]> GetRangeAsync(string path, long offset, int length, CancellationToken cancellationToken = default)
    {
        var key = Key(path);
        if (offset < 0 || length < 0)
        {
            throw TarnException.InvalidInput("The offset and the length of a range are not negative.", $"{offset}, {length}");
        }

        // A range of HTTP has at least one byte, and so has an object that a range can be read of: S3 answers 416 otherwise.
        var bytes = length > 0
            ? await GuardAsync("read", path, () => ReadAsync(key, new ByteRange(offset, offset + length - 1), cancellationToken), cancellationToken).ConfigureAwait(false)
            : await HeadAsync(path, cancellationToken).ConfigureAwait(false) is null ? null : [];
        return bytes ?? throw TarnException.NotFound("There is no such object in the store.", path);
    }

    /// <inheritdoc/>
    public override async ValueTask<ObjectInfo?> HeadAsync(string path, CancellationToken cancellationToken = default)
    {
        var key = Key(path);
        return await GuardAsync(
            "look up",
            path,
            async () =>
            {
                try
                {
                    var found = await _target.Client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = _target.Bucket, Key = key }, cancellationToken).ConfigureAwait(false);
                    return new ObjectInfo(path, found.ContentLength, Time(found.LastModified));
                }
                catch (AmazonS3Exception e) when (S3Error.IsAbsent(e))
                {
                    return (ObjectInfo?)null;
                }
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask DeleteAsync(string path, CancellationToken cancellationToken = default)
    {
        if (UnfinishedPath.TryParse(path) is var (of, uploadId) && uploadId is not null)
        {
            var begun = Key(of);
            await GuardAsync("end the upload of", path, () => _uploads.AbortAsync(begun, uploadId, cancellationToken), cancellationToken).ConfigureAwait(false);
            return;
        }

        var key = Key(path);
        await GuardAsync("remove", path, () => _target.Client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = _target.Bucket, Key = key }, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<ObjectInfo> ListAsync(
        string folder, string? startAfter = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = new ListObjectsV2Request { BucketName = _target.Bucket, Prefix = FolderPrefix(folder), StartAfter = startAfter is null ? null : _prefix + startAfter };
        do
        {
            var page = await GuardAsync("list", folder, () => _target.Client.ListObjectsV2Async(request, cancellationToken), cancellationToken).ConfigureAwait(false);
            foreach (var item in page.S3Objects ?? [])
            {
                // Others' keys that no path names (folders that consoles make end in a slash) are none of ours.
                if (item.Key[_prefix.Length..] is var path && IsPath(path))
                {
                    yield return new ObjectInfo(path, item.Size ?? 0, Time(item.LastModified));
                }
            }

            request.ContinuationToken = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (request.ContinuationToken is not null);
    }

    /// <inheritdoc/>
    public override async ValueTask<IReadOnlyList<string>> ListFoldersAsync(string folder, CancellationToken cancellationToken = default)
    {
        var prefix = FolderPrefix(folder);
        var names = new List<string>();
        var request = new ListObjectsV2Request { BucketName = _target.Bucket, Prefix = prefix, Delimiter = "/" };
        do
        {
            var page = await GuardAsync("list", folder, () => _target.Client.ListObjectsV2Async(request, cancellationToken), cancellationToken).ConfigureAwait(false);
            names.AddRange((page.CommonPrefixes ?? []).Select(p => p[prefix.Length..^1]).Where(IsPath));
            request.ContinuationToken = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (request.ContinuationToken is not null);

        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <inheritdoc/>
    public override async ValueTask<IReadOnlyList<ObjectInfo>> ListUnfinishedAsync(string folder, CancellationToken cancellationToken = default)
    {
        var prefix = FolderPrefix(folder);
        var found = await GuardAsync("list the uploads of", folder, () => _uploads.ListAsync(prefix, cancellationToken), cancellationToken).ConfigureAwait(false);
        return [.. found.Where(u => IsPath(u.Key[_prefix.Length..]))
            .Select(u => new ObjectInfo(UnfinishedPath.Of(u.Key[_prefix.Length..], u.UploadId), u.Size, u.Begun))
            .OrderBy(static u => u.Path, StringComparer.Ordinal)];
    }

    /// <summary>Lets the connections go.</summary>
    public void Dispose() => _target.Dispose();

    private async Task<byte[]?> ReadAsync(string key, ByteRange? range, CancellationToken cancellationToken)
    {
        // The SDK repeats a request that was not answered; a body that breaks off is for us to ask for again.
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var response = await _target.Client.GetObjectAsync(new GetObjectRequest { BucketName = _target.Bucket, Key = key, ByteRange = range }, cancellationToken).ConfigureAwait(false);
                return await S3Body.ReadAsync(response, range is { } r ? r.End - r.Start + 1 : null, _options.RequestTimeout, _time, cancellationToken).ConfigureAwait(false);
            }
            catch (AmazonS3Exception e) when (S3Error.IsAbsent(e))
            {
                return null;
            }
            catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                return [];
            }
            catch (Exception e) when (e is not AmazonServiceException && attempt < _options.Retries && !cancellationToken.IsCancellationRequested && S3Error.IsPassing(e))
            {
                await Pause.AfterAsync(attempt, key, _time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<T> GuardAsync<T>(string what, string path, Func<Task<T>> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception e) when (S3Error.IsKnown(e, cancellationToken))
        {
            throw S3Error.From(e, what, path, _target);
        }
    }

    private string FolderPrefix(string folder) => folder.Length == 0 ? _prefix : Key(folder) + "/";

    private string KeyToWrite(string path) => UnfinishedPath.TryParse(path).UploadId is null
        ? Key(path)
        : throw TarnException.InvalidInput("An object's path in S3 does not hold '?uploadId=': that is how uploads that were not ended are named.", path);

    private string Key(string path)
    {
        CheckPath(path);
        var key = _prefix + path;
        return key.Length <= 1024 && Encoding.UTF8.GetByteCount(key) <= 1024
            ? key
            : throw TarnException.InvalidInput("A key of S3, with the store's prefix, has 1,024 bytes at most.", key.Length > 200 ? key[..200] + "…" : key);
    }

    private static DateTimeOffset Time(DateTime? time) => time is { } t ? new DateTimeOffset(t.ToUniversalTime()) : DateTimeOffset.UnixEpoch;
}
