namespace Tarn.Native;

/// <summary>How far ONNX Runtime rewrites a graph before it runs it, by its own numbers.</summary>
public enum OnnxOptimization
{
    /// <summary>Not at all.</summary>
    None = 0,

    /// <summary>What keeps the meaning on every device: constants folded, what is redundant removed.</summary>
    Basic = 1,

    /// <summary>Also operators fused into larger ones.</summary>
    Extended = 2,

    /// <summary>Also other layouts of data that suit the processor.</summary>
    All = 99,
}

/// <summary>How a model is loaded and run.</summary>
public sealed record OnnxSessionOptions
{
    /// <summary>Threads of the session's own for the work of one operator; the calling thread is one of them. Default null: the pool of the process (<see cref="OnnxRuntimeOptions.IntraOpThreads"/>). Range 1 to 1024.</summary>
    public int? IntraOpThreads { get; init; }

    /// <summary>Whether operators that do not need each other run beside each other. Default false: best for most models.</summary>
    public bool RunOperatorsInParallel { get; init; }

    /// <summary>How far the graph is rewritten. Default <see cref="OnnxOptimization.All"/>. Results may differ from unrewritten ones in the last bits.</summary>
    public OnnxOptimization Optimization { get; init; } = OnnxOptimization.All;

    /// <summary>Whether the session keeps the memory of a run for the next. Default true; false gives it back after each run, which is slower.</summary>
    public bool UseArena { get; init; } = true;

    /// <summary>Whether the arena is the one that all sessions with this option share, in place of one each. Default false. For many small models beside each other.</summary>
    public bool UseSharedArena { get; init; }

    /// <summary>Whether the memory of a run is planned from the shapes of earlier runs. Default true; turn it off where shapes change at every run.</summary>
    public bool UseMemoryPattern { get; init; } = true;

    /// <summary>Lengths of the model's symbolic dimensions by name, where they are known: <c>batch</c> → 1. Default none.</summary>
    public IReadOnlyDictionary<string, long> Dimensions { get; init; } = new Dictionary<string, long>();

    /// <summary>Further entries of ONNX Runtime's own session configuration, as <c>session.set_denormal_as_zero</c> → <c>1</c>. Default none.</summary>
    public IReadOnlyDictionary<string, string> Entries { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the rewritten graph is stored, or null (the default).</summary>
    public string? SaveOptimizedTo { get; init; }

    /// <summary>Weights that several sessions use together, or null (the default): see <see cref="OnnxSharedWeights"/>. Such a session's graph is rewritten up to <see cref="OnnxOptimization.Extended"/> at most.</summary>
    public OnnxSharedWeights? SharedWeights { get; init; }

    /// <summary>The model's name in errors. Default: its file's name, or <c>model</c>.</summary>
    public string? Name { get; init; }
}
