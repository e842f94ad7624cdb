using Tarn.Core;

namespace Tarn.Serving;

/// <summary>
/// A place where a model runs, one call or one batch at a time. All instances of a model share its session, so that a further one costs its buffers only. Where the shapes
/// are known but for the number of rows, the buffers are bound once for each number of rows, and a run makes no garbage.
/// </summary>
internal sealed class Instance : IThreadPoolWorkItem, IDisposable
{
    /// <summary>Beyond this a run uses the request's own memory: buffers that large are not worth keeping. A batch stays within it.</summary>
    public const long MostKeptBytes = 128L << 20;

    // A request that is larger than a batch is bound up to this many rows: each number of rows that was ever seen costs a binding.
    private const int MostBoundAlone = 64;

    // From so many bytes of inputs on a run takes them where they lie: a copy costs more than what binding saves.
    private const int Large = 1 << 18;

    // The answers to so many rows, of so many bytes together, have memory of their own for runs on requests' memory.
    private const int MostRowsInPlace = 16;
    private const int MostBytesInPlace = 1 << 18;

    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(1);

    private readonly LoadedModel _model;
    private readonly ExecutionQueue _queue;
    private readonly BoundRun?[] _bound;
    private readonly byte[][] _inputs;
    private readonly byte[][] _outputs;
    private readonly InPlaceRun?[] _inPlace = new InPlaceRun?[MostRowsInPlace + 1];
    private int _capacity;

    public Instance(LoadedModel model, ExecutionQueue queue, int maxRows)
    {
        _model = model;
        _queue = queue;
        _bound = new BoundRun?[Math.Max(MostBoundAlone, maxRows) + 1];
        _inputs = new byte[model.Inputs.Length][];
        _outputs = new byte[model.Outputs.Length][];
        Batch = new InferenceRequest[maxRows];
    }

    /// <summary>The requests of the batch that is run, filled by the queue.</summary>
    public InferenceRequest[] Batch { get; }

    /// <summary>
    /// Runs what is next in the queue, for a moment; where more waits then, the queue sends it again. So the threads that it uses serve in between those whose answers are there: an
    /// instance that went on would let them wait until the queue is empty.
    /// </summary>
    public void Execute()
    {
        var began = _model.Now();
        var now = began;
        while (true)
        {
            var count = _queue.Take(this, now);
            if (count == 0)
            {
                return;
            }

            var batch = Batch.AsSpan(0, count);
            RunBatch(batch);
            var ended = _model.Now();
            for (var i = 0; i < batch.Length; i++)
            {
                // Once it is complete, the request is its caller's: it may serve another call by the time this goes on.
                var request = batch[i];
                batch[i] = null!;
                request.Complete();
            }

            _queue.Took((ended - now) / count);
            now = ended;
            if (_model.Elapsed(began, now) >= Slice)
            {
                _queue.Return(this, now);
                return;
            }
        }
    }

    /// <summary>Runs one request. What goes wrong is its <see cref="InferenceRequest.Failure"/>.</summary>
    public void Run(InferenceRequest request)
    {
        request.StartedAt = _model.Now();
        request.BatchRows = request.Rows;
        try
        {
            var large = IsLarge(request);
            if (!large && Bound(request.Rows) is { } bound)
            {
                RunBound(bound, request);
            }
            else if (large && InPlace(request.Rows) is { } inPlace)
            {
                inPlace.Run(_model, request);
            }
            else if (_model.Memory is { } memory)
            {
                memory.Run(_model, request);
            }
            else
            {
                UnboundRun.Run(_model, request);
            }
        }
        catch (TarnException error)
        {
            // A model that refuses a value refuses it every time: who sent it can mend it.
            Fail(request, error);
        }
        catch (Exception error)
        {
            // Want of memory, or a fault of ours. It is the answer of this request; the instance goes on to the next.
            Fail(request, new TarnException(ErrorKind.Unavailable, $"The model {_model.Name} can be run.", error.Message, "Where it names memory, send smaller requests or give the program more.", error));
        }

        request.EndedAt = _model.Now();
        _model.Stats.Record(request);
    }

    private static bool IsLarge(InferenceRequest request)
    {
        var bytes = 0L;
        foreach (var input in request.Inputs)
        {
            bytes += input.Bytes.Length;
        }

        return bytes >= Large;
    }

    private void Fail(InferenceRequest request, TarnException error)
    {
        request.ClearOutputs();
        request.Failure = error;
        request.ComputedAt = _model.Now();
    }

    private void RunBatch(ReadOnlySpan<InferenceRequest> batch)
    {
        if (batch.Length == 1)
        {
            Run(batch[0]);
            return;
        }

        // No overflow: several requests are put together up to the maximum only.
        var rows = 0;
        foreach (var request in batch)
        {
            rows += request.Rows;
        }

        var started = _model.Now();
        try
        {
            if (Bound(rows) is not { } bound)
            {
                RunEach(batch);
                return;
            }

            Gather(batch);
            bound.Run();
            var computed = _model.Now();
            Scatter(batch);
            var ended = _model.Now();
            foreach (var request in batch)
            {
                (request.StartedAt, request.ComputedAt, request.EndedAt, request.BatchRows) = (started, computed, ended, rows);
            }

            _model.Stats.Record(batch, rows);
        }
        catch (Exception)
        {
            // One of them may be what the model cannot compute: alone, each gets its own answer or error.
            RunEach(batch);
        }
    }

    private void RunEach(ReadOnlySpan<InferenceRequest> batch)
    {
        foreach (var request in batch)
        {
            request.ClearOutputs();
            Run(request);
        }
    }

    private void RunBound(BoundRun bound, InferenceRequest request)
    {
        for (var i = 0; i < _inputs.Length; i++)
        {
            request.Inputs[i].Bytes.CopyTo(_inputs[i]);
        }

        bound.Run();
        request.ComputedAt = _model.Now();
        for (var i = 0; i < _outputs.Length; i++)
        {
            SetOutput(request, i, 0, request.Rows);
        }
    }

    private void Gather(ReadOnlySpan<InferenceRequest> batch)
    {
        for (var i = 0; i < _inputs.Length; i++)
        {
            var to = _inputs[i].AsSpan();
            foreach (var request in batch)
            {
                var bytes = request.Inputs[i].Bytes;
                bytes.CopyTo(to);
                to = to[bytes.Length..];
            }
        }
    }

    private void Scatter(ReadOnlySpan<InferenceRequest> batch)
    {
        for (var i = 0; i < _outputs.Length; i++)
        {
            var row = 0;
            foreach (var request in batch)
            {
                SetOutput(request, i, row, request.Rows);
                row += request.Rows;
            }
        }
    }

    private void SetOutput(InferenceRequest request, int index, int firstRow, int rows)
    {
        var port = _model.Outputs[index];
        port.SetRows(request.Outputs[index], rows, _outputs[index].AsSpan((int)(firstRow * port.RowBytes)));
    }

    /// <summary>The bound buffers for so many rows; null where the model's shapes are not known before, or the buffers were too large to keep.</summary>
    private BoundRun? Bound(int rows)
    {
        if (!_model.CanBind || rows < 1 || rows >= _bound.Length || (rows > _capacity && !Grow(rows)))
        {
            return null;
        }

        return _bound[rows] ??= new BoundRun(_model.Session, _model.Inputs, _inputs, _model.Outputs, _outputs, rows);
    }

    /// <summary>For runs of so many rows on the requests' own memory; null where the model's shapes are not known before, it may not have the memory, or its answers are large.</summary>
    private InPlaceRun? InPlace(int rows)
    {
        if (!_model.CanBind || _model.Memory is not null || rows < 1 || rows > MostRowsInPlace || rows * _model.OutputRowBytes > MostBytesInPlace)
        {
            return null;
        }

        return _inPlace[rows] ??= new InPlaceRun(_model, rows);
    }

    private bool Grow(int rows)
    {
        if (rows * _model.RowBytes > MostKeptBytes)
        {
            return false;
        }

        // Twice as many as before, so that numbers of rows that rise one by one do not bind everything anew each time.
        var most = Math.Min(_bound.Length - 1, _model.Memory?.MostRows ?? int.MaxValue);
        var capacity = (int)Math.Max(rows, Math.Min(Math.Min(2L * _capacity, most), MostKeptBytes / Math.Max(1, _model.RowBytes)));
        ClearBound();
        _capacity = 0;
        Allocate(_model.Inputs, _inputs, capacity);
        Allocate(_model.Outputs, _outputs, capacity);
        _capacity = capacity;
        return true;
    }

    private static void Allocate(TensorPort[] ports, byte[][] memory, int rows)
    {
        for (var i = 0; i < ports.Length; i++)
        {
            memory[i] = ports[i].Allocate(rows);
        }
    }

    private void ClearBound()
    {
        foreach (var bound in _bound)
        {
            bound?.Dispose();
        }

        Array.Clear(_bound);
    }

    public void Dispose()
    {
        ClearBound();
        foreach (var run in _inPlace)
        {
            run?.Dispose();
        }
    }
}
