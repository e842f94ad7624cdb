using Microsoft.Extensions.ObjectPool;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Serving;

/// <summary>
/// A version of a model, loaded and ready to run. Who uses it holds a lease (<see cref="TryAcquire"/>, <see cref="Release"/>): an unload takes it out of the table first and frees it
/// when the last lease is given back, so that no request that had begun is dropped.
/// </summary>
internal sealed class LoadedModel
{
    private readonly ExecutionQueue _queue;
    private readonly ResultCache? _cache;
    private readonly TimeProvider _time;
    private readonly ObjectPool<InferenceRequest> _requests;
    private readonly TaskCompletionSource _freed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _leases = 1;

    private LoadedModel(string name, long version, OnnxSession session, ModelShape shape, ModelAttachments attachments, MemoryLimit? memory, ModelOptions options, TimeProvider time, int cores)
    {
        Name = name;
        Version = version;
        VersionText = version.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Session = session;
        Shape = shape;
        Options = options;
        Labels = attachments.Labels;
        Memory = memory;
        _time = time;
        Inputs = shape.Inputs;
        Outputs = shape.Outputs;
        Image = ImageModelShape.Of(this);
        MaxBatchRows = IsBatchable && CanBind ? (int)Math.Clamp(Instance.MostKeptBytes / Math.Max(1, RowBytes), 1, Math.Min(options.MaxBatchSize, memory?.MostRows ?? int.MaxValue)) : 1;
        _requests = new DefaultObjectPool<InferenceRequest>(new RequestPolicy(this), 1024);
        Stats = new ModelStats(time.TimestampFrequency);
        Instances = options.InstancesOf(cores);
        LoadedAt = time.GetUtcNow();
        _queue = new ExecutionQueue(this, Instances, time);
        _cache = options.CacheBytes > 0 || options.JoinSameRequests ? new ResultCache(this, options.CacheBytes) : null;
    }

    public string Name { get; }

    public long Version { get; }

    /// <summary>The version as text.</summary>
    public string VersionText { get; }

    public OnnxSession Session { get; }

    public ModelOptions Options { get; }

    public int Instances { get; }

    public DateTimeOffset LoadedAt { get; }

    /// <summary>The classes of a classifier, in the order of its probabilities; null where nothing says them.</summary>
    public IReadOnlyList<string>? Labels { get; }

    public TensorPort[] Inputs { get; }

    public TensorPort[] Outputs { get; }

    /// <summary>How it is asked with pictures; null where it takes something else.</summary>
    public ImageModelShape? Image { get; }

    /// <summary>What keeps it within its memory; null where it has no limit.</summary>
    public MemoryLimit? Memory { get; }

    /// <summary>What the first runs showed of it.</summary>
    public ModelShape Shape { get; }

    /// <summary>Whether the first dimension of every input and output is the number of rows, so that requests can be put together and taken apart.</summary>
    public bool IsBatchable => Shape.IsBatchable;

    /// <summary>Whether all shapes but the number of rows are known, so that memory can be bound once.</summary>
    public bool CanBind => Shape.CanBind;

    /// <summary>Bytes of the inputs and outputs of one row.</summary>
    public long RowBytes => Shape.RowBytes;

    /// <summary>Bytes of the outputs of one row.</summary>
    public long OutputRowBytes => Shape.OutputRowBytes;

    /// <summary>Rows that are run together at most: <see cref="ModelOptions.MaxBatchSize"/>, or less where rows are very large; 1 where its rows cannot be put together.</summary>
    public int MaxBatchRows { get; }

    public ModelStats Stats { get; }

    /// <summary>Requests that wait.</summary>
    public int Waiting => _queue.Waiting;

    /// <summary>Instances that do nothing.</summary>
    public int FreeInstances => _queue.Free;

    /// <summary>Requests and others that hold it at this moment.</summary>
    public int Leases => Math.Max(0, Volatile.Read(ref _leases) - 1);

    /// <summary>Ends when it is unloaded and its memory is freed.</summary>
    public Task Freed => _freed.Task;

    /// <summary>Loads a version and runs it once or twice, so that the first request is as fast as others.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version's number.</param>
    /// <param name="files">Its files.</param>
    /// <param name="options">How it is run.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cores">Cores that it may use.</param>
    /// <param name="mustBatch">Whether <see cref="ModelOptions.MaxBatchSize"/> is meant for this model: one that does not take several rows then is an error, in place of being run a request at a time.</param>
    /// <exception cref="TarnException">The model cannot be loaded, or gives or takes what cannot be served.</exception>
    public static LoadedModel Load(string name, long version, ModelFiles files, ModelOptions options, TimeProvider time, int cores, bool mustBatch = true)
    {
        var full = new OnnxSessionOptions
        {
            Name = $"{name} {version}",
            IntraOpThreads = options.Threads,
        };
        var session = files.Path is not null ? OnnxSession.FromFile(files.Path, full) : OnnxSession.FromBytes(files.Bytes.Span, full);
        try
        {
            RequireServed(name, session);
            var attachments = ModelAttachments.Read(name, files);
            var memory = options.MaxMemoryBytes > 0 ? new MemoryLimit(session, $"{name} {version}", options, options.InstancesOf(cores)) : null;
            var shape = WarmUp.Run(session);
            if (mustBatch && options.MaxBatchSize > 1 && !shape.IsBatchable)
            {
                throw TarnException.InvalidInput(
                    "A model whose requests are put together has the number of rows as first dimension of every input and output.",
                    $"{name} {version}: {string.Join(", ", shape.Inputs.Concat(shape.Outputs).Select(static p => $"{p.Name} {p.Described}"))}{(shape.Error is null ? "" : $"; on zeros: {shape.Error.Message}")}",
                    "Export it with a dynamic batch dimension, or leave MaxBatchSize at 1.");
            }

            memory?.Measure(shape);
            return new LoadedModel(name, version, session, shape, attachments, memory, options, time, cores);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Bytes that the runtime holds for it; null where it is being freed.</summary>
    public long? HeldBytes()
    {
        if (!TryAcquire())
        {
            return null;
        }

        try
        {
            return Session.Memory()?.Held;
        }
        finally
        {
            Release();
        }
    }

    /// <summary>The clock's timestamp.</summary>
    public long Now() => _time.GetTimestamp();

    /// <summary>A duration between two timestamps.</summary>
    public TimeSpan Elapsed(long from, long to) => _time.GetElapsedTime(from, to);

    /// <summary>Takes a lease, unless it is being unloaded.</summary>
    public bool TryAcquire()
    {
        while (true)
        {
            var leases = Volatile.Read(ref _leases);
            if (leases == 0)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _leases, leases + 1, leases) == leases)
            {
                return true;
            }
        }
    }

    /// <summary>Gives a lease back. The last one frees the model.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _leases) == 0)
        {
            _queue.Dispose();
        }
    }

    /// <summary>Frees its memory; the queue says when the last instance is done.</summary>
    public void Free()
    {
        Session.Dispose();
        _freed.SetResult();
    }

    /// <summary>A request to fill and run, to be disposed.</summary>
    public InferenceRequest Rent() => _requests.Get().Open();

    /// <summary>Takes a request back; its <see cref="InferenceRequest.Dispose"/> does.</summary>
    public void Return(InferenceRequest request) => _requests.Return(request);

    /// <summary>
    /// Checks a request's inputs and runs it. Hold a lease meanwhile. After it, either <see cref="InferenceRequest.Failure"/> says why there is no answer (overload, time-out, inputs
    /// that the model cannot compute), or the outputs are set.
    /// </summary>
    /// <exception cref="TarnException">An input is missing or does not fit the model.</exception>
    public ValueTask RunAsync(InferenceRequest request)
    {
        InputCheck.Check(request);
        request.Failure = null;
        return _cache is null ? _queue.RunAsync(request) : _cache.RunAsync(request);
    }

    /// <summary>Runs a request without the cache.</summary>
    public ValueTask ComputeAsync(InferenceRequest request) => _queue.RunAsync(request);

    private static void RequireServed(string name, OnnxSession session)
    {
        foreach (var port in session.Inputs.Concat(session.Outputs))
        {
            if (port.Kind != OnnxValueKind.Tensor || !TensorTypes.IsServed(port.ElementType))
            {
                throw new TarnException(
                    ErrorKind.Unsupported,
                    "A model that is served takes and gives tensors of numbers, booleans or texts.",
                    $"{name}: {port}",
                    "Export the model without sequences and maps (for scikit-learn models: zipmap=False).");
            }
        }
    }

    private sealed class RequestPolicy(LoadedModel model) : PooledObjectPolicy<InferenceRequest>
    {
        public override InferenceRequest Create() => new(model);

        public override bool Return(InferenceRequest obj) => true;
    }
}
