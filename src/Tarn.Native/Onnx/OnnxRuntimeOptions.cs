namespace Tarn.Native;

/// <summary>How grave a message of ONNX Runtime's is, by its own numbers.</summary>
public enum OnnxLogLevel
{
    /// <summary>Everything.</summary>
    Verbose = 0,

    /// <summary>What happens.</summary>
    Info = 1,

    /// <summary>What may be wrong.</summary>
    Warning = 2,

    /// <summary>What is wrong.</summary>
    Error = 3,

    /// <summary>What ends the process.</summary>
    Fatal = 4,
}

/// <summary>What holds for the whole process: see <see cref="OnnxRuntime.Start"/>.</summary>
public sealed record OnnxRuntimeOptions
{
    /// <summary>Threads that share the work of one operator, of all sessions together; the calling thread is one of them. Default 0: one for each core. Range 0 to 1024.</summary>
    public int IntraOpThreads { get; init; }

    /// <summary>Threads that run operators beside each other, for sessions that ask for it. Default 1. Range 1 to 1024.</summary>
    public int InterOpThreads { get; init; } = 1;

    /// <summary>Whether threads spin for a while before they sleep: quicker by microseconds a run, and a core is busy meanwhile. Default false: the cores are shared with everything else in the process.</summary>
    public bool Spin { get; init; }

    /// <summary>The least grave message that is told to <see cref="Log"/>. Default <see cref="OnnxLogLevel.Warning"/>.</summary>
    public OnnxLogLevel LogLevel { get; init; } = OnnxLogLevel.Warning;

    /// <summary>Hears the runtime's messages, from any of its threads; must not throw. Default: nobody does; nothing is ever written to the console.</summary>
    public Action<OnnxLogLevel, string>? Log { get; init; }

    /// <summary>
    /// The largest size in bytes of the arena that sessions with <see cref="OnnxSessionOptions.UseSharedArena"/> share. Default 0: no limit. A run that needs more fails; nothing else does.
    /// </summary>
    public long SharedArenaLimit { get; init; }
}
