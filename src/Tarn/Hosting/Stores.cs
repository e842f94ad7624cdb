using Microsoft.Extensions.Logging;
using Tarn.Core;
using Tarn.Lake;
using Tarn.Log;
using Tarn.Registry;

namespace Tarn;

/// <summary>What the data directory holds, opened.</summary>
internal sealed class Stores : IAsyncDisposable
{
    private readonly ObjectStore _objects;
    private readonly ObjectStore _artifacts;

    private Stores(MetadataStore metadata, TopicLog log, ObjectStore objects, Lake.Lake lake, ObjectStore artifacts, ModelRegistry registry)
    {
        _objects = objects;
        _artifacts = artifacts;
        Registry = registry;
        Metadata = metadata;
        Log = log;
        Lake = lake;
    }

    public MetadataStore Metadata { get; }

    public TopicLog Log { get; }

    public Lake.Lake Lake { get; }

    public ModelRegistry Registry { get; }

    public static async Task<Stores> OpenAsync(
        string directory,
        HostOptionsPlan options,
        TimeProvider time,
        IdSource ids,
        ILoggerFactory loggers,
        bool isAwaited,
        CancellationToken cancellation,
        Func<string, TimeProvider, ILoggerFactory, TopicLog>? openLog = null)
    {
        var metadata = await options.Metadata.OpenAsync(directory, time, ids, loggers, isAwaited, cancellation).ConfigureAwait(false);
        TopicLog? log = null;
        ObjectStore? objects = null;
        ObjectStore? artifacts = null;
        try
        {
            log = (openLog ?? OpenSegments)(Path.Combine(directory, "log"), time, loggers);
            objects = options.LakeStore.Open(directory, time, ids, loggers);
            var lake = new Lake.Lake(objects, options.LakeStore.Complete(options.Lake, directory), time, ids, loggers)
            {
                OpenStore = location => options.LakeStore.OpenElsewhere(location, time, ids, loggers),
            };
            artifacts = options.Registry.Open(directory, options.LakeStore, time, ids, loggers);
            return new Stores(metadata, log, objects, lake, artifacts, new ModelRegistry(metadata, artifacts, options.Registry.Scratch(directory), time, ids, loggers));
        }
        catch
        {
            (artifacts as IDisposable)?.Dispose();
            (objects as IDisposable)?.Dispose();
            if (log is not null)
            {
                await log.DisposeAsync().ConfigureAwait(false);
            }

            await metadata.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static SegmentTopicLog OpenSegments(string directory, TimeProvider time, ILoggerFactory loggers) => new(directory, time, loggers);

    public async ValueTask DisposeAsync()
    {
        await Lake.DisposeAsync().ConfigureAwait(false);
        (_objects as IDisposable)?.Dispose();
        (_artifacts as IDisposable)?.Dispose();
        await Log.DisposeAsync().ConfigureAwait(false);
        await Metadata.DisposeAsync().ConfigureAwait(false);
    }
}
