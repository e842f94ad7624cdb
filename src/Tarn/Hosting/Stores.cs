using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Log;

namespace Tarn;

/// <summary>What the data directory holds, opened.</summary>
internal sealed class Stores : IAsyncDisposable
{
    private Stores(MetadataStore metadata, TopicLog log, Lake.Lake lake)
    {
        Metadata = metadata;
        Log = log;
        Lake = lake;
    }

    public MetadataStore Metadata { get; }

    public TopicLog Log { get; }

    public Lake.Lake Lake { get; }

    public static async Task<Stores> OpenAsync(string directory, LakeOptions lakeOptions, TimeProvider time, IdSource ids, ILoggerFactory loggers)
    {
        var metadata = MetadataStore.Open(Path.Combine(directory, "meta.db"), time, loggers);
        SegmentTopicLog? log = null;
        try
        {
            log = new SegmentTopicLog(Path.Combine(directory, "log"), time, loggers);
            var lake = new Lake.Lake(new LocalObjectStore(Path.Combine(directory, "lake")), lakeOptions, time, ids, loggers);
            return new Stores(metadata, log, lake);
        }
        catch
        {
            if (log is not null)
            {
                await log.DisposeAsync().ConfigureAwait(false);
            }

            await metadata.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Lake.DisposeAsync().ConfigureAwait(false);
        await Log.DisposeAsync().ConfigureAwait(false);
        await Metadata.DisposeAsync().ConfigureAwait(false);
    }
}
