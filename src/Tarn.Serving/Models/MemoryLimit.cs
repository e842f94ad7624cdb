using System.Globalization;
using Tarn.Core;
using Tarn.Native;

namespace Tarn.Serving;

/// <summary>
/// Keeps a version within its <see cref="ModelOptions.MaxMemoryBytes"/>. What it takes is what the runtime holds for it (weights, and the memory of the largest runs), the buffers of its
/// instances, and its cache. Where only the number of rows is open, it is found by runs on zeros, when it is loaded, how many rows a request may have so that all instances can run that many at
/// once. Where more is open, a run that took more than the limit is the last one of its size: its memory is given back, and requests as large are refused from then on.
/// </summary>
internal sealed class MemoryLimit
{
    /// <summary>Rows that are tried at most: a request to a model with a limit has no more.</summary>
    private const int MostTried = 1 << 16;

    private readonly OnnxSession _session;
    private readonly string _name;
    private readonly long _limit;
    private readonly long _cache;
    private readonly long _loaded;
    private readonly int _instances;
    private readonly Lock _gate = new();
    private long _largest;
    private long _mostBytes = long.MaxValue;

    /// <summary>The limit of a version that was loaded and has not run yet.</summary>
    /// <param name="session">Its session.</param>
    /// <param name="name">Its name and version, for errors.</param>
    /// <param name="options">Its options, with a limit.</param>
    /// <param name="instances">How many runs there are at once.</param>
    public MemoryLimit(OnnxSession session, string name, ModelOptions options, int instances)
    {
        (_session, _name, _limit, _cache, _instances) = (session, name, options.MaxMemoryBytes, options.CacheBytes, instances);
        _loaded = Held();
    }

    /// <summary>Rows of a request at most.</summary>
    public int MostRows { get; private set; } = int.MaxValue;

    /// <summary>Finds out what fits; after the first runs.</summary>
    /// <exception cref="TarnException">Not one row does.</exception>
    public void Measure(ModelShape shape)
    {
        TryRuns(shape, 1);
        var one = Needed(1, shape);
        if (one > _limit)
        {
            throw new TarnException(
                ErrorKind.Unavailable,
                string.Create(CultureInfo.InvariantCulture, $"A version of a model takes at most the {_limit} bytes of its MaxMemoryBytes."),
                string.Create(CultureInfo.InvariantCulture, $"{_name} takes {one}: {_loaded} loaded, {(one - _loaded - _cache) / _instances} for each run of a row, {_instances} at once{(_cache > 0 ? $", {_cache} for its cache" : "")}"),
                "Raise MaxMemoryBytes, or lower Instances or CacheBytes.");
        }

        if (shape.CanBind && shape.IsBatchable)
        {
            MostRows = Fitting(shape, one);
        }

        Shrink(shape);
    }

    /// <summary>Refuses what is known to be too large.</summary>
    /// <exception cref="TarnException">It is.</exception>
    public void Check(InferenceRequest request)
    {
        if (request.Rows > MostRows)
        {
            throw TarnException.InvalidInput(
                string.Create(CultureInfo.InvariantCulture, $"A request to {_name} has at most {MostRows} rows: with more its runs could take more than the {_limit} bytes of its MaxMemoryBytes."),
                string.Create(CultureInfo.InvariantCulture, $"{request.Rows} rows"),
                "Send them in several requests, or have MaxMemoryBytes raised.");
        }

        var most = Volatile.Read(ref _mostBytes);
        if (most < long.MaxValue && Size(request) is var size && size > most)
        {
            throw TarnException.InvalidInput(
                string.Create(CultureInfo.InvariantCulture, $"The inputs of a request to {_name} have at most {most} bytes: a run on {most + 1} took more than the {_limit} of its MaxMemoryBytes."),
                string.Create(CultureInfo.InvariantCulture, $"{size} bytes"),
                "Send less at once, or have MaxMemoryBytes raised.");
        }
    }

    /// <summary>Runs a request on its own memory. One that is larger than any before has no other of its kind beside it, so that it is known which of them took the memory.</summary>
    public void Run(LoadedModel model, InferenceRequest request)
    {
        var size = Size(request);
        if (size <= Volatile.Read(ref _largest))
        {
            UnboundRun.Run(model, request);
            return;
        }

        lock (_gate)
        {
            try
            {
                UnboundRun.Run(model, request);
            }
            finally
            {
                if (Held() + _cache > _limit)
                {
                    _mostBytes = Math.Min(_mostBytes, size - 1);
                    Shrink(model.Shape);
                }
                else
                {
                    _largest = Math.Max(_largest, size);
                }
            }
        }
    }

    // Texts have no bytes in memory of their own here: what counts of them is their number.
    private static long Size(InferenceRequest request)
    {
        var size = 0L;
        foreach (var input in request.Inputs)
        {
            size += Math.Max(input.Bytes.Length, input.Count);
        }

        return size;
    }

    private int Fitting(ModelShape shape, long one)
    {
        var (rows, needed) = (1, one);
        while (rows < MostTried)
        {
            // By what rows took until now, the next number is one that is expected to fit: nothing much larger than the limit is ever run.
            var each = Math.Max(1, needed - _loaded - _cache);
            var next = (int)Math.Min(Math.Min(2L * rows, MostTried), (long)((_limit - _loaded - _cache) / (double)each * rows));
            if (next <= rows || next * shape.RowBytes > Array.MaxLength || !TryRuns(shape, next))
            {
                break;
            }

            if (Needed(next, shape) is var took && took > _limit)
            {
                return Between(shape, rows, next);
            }

            (rows, needed) = (next, took);
        }

        return rows;
    }

    // The runtime's memory grows by steps that double: numbers of rows between one that fits and one that does not are tried on memory that was given back before.
    private int Between(ModelShape shape, int fits, int tooMany)
    {
        for (var i = 0; i < 4 && tooMany - fits > 1; i++)
        {
            var middle = fits + ((tooMany - fits) / 2);
            Shrink(shape);
            if (!TryRuns(shape, middle) || Needed(middle, shape) > _limit)
            {
                tooMany = middle;
            }
            else
            {
                fits = middle;
            }
        }

        return fits;
    }

    // The first run of a shape takes its memory piece by piece, from the second on in one block.
    private bool TryRuns(ModelShape shape, int rows) =>
        WarmUp.TryRun(_session, shape.Inputs, shape.Outputs, rows) && WarmUp.TryRun(_session, shape.Inputs, shape.Outputs, rows);

    // The runtime takes its memory in steps that double: where runs meet, they may need the step after the one that each alone would.
    private long Needed(int rows, ModelShape shape) => _loaded + _cache + (_instances * (((_instances > 1 ? 2 : 1) * (Held() - _loaded)) + (rows * shape.RowBytes)));

    private long Held() => _session.Memory()?.Held ?? 0;

    // The runtime gives back what it holds and does not use at the end of a run that says so.
    private void Shrink(ModelShape shape)
    {
        using var options = new OnnxRunOptions();
        options.Set("memory.enable_memory_arena_shrinkage", "cpu:0");
        WarmUp.TryRun(_session, shape.Inputs, shape.Outputs, 1, options);
    }
}
