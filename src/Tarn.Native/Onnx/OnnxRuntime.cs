using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Tarn.Core;

namespace Tarn.Native;

/// <summary>
/// ONNX Runtime in this process: one environment with one pool of threads for all sessions, made at the first use and there until the process ends
/// (the runtime allows one only, and its threads may outlive any owner of it).
/// </summary>
public static unsafe class OnnxRuntime
{
    private static readonly Lock Gate = new();
    private static volatile nint _environment;
    private static nint _memory;
    private static nint _allocator;
    private static bool _hasSharedArena;
    private static OnnxRuntimeOptions _options = new();

    /// <summary>The library's version, as <c>1.30.0</c>.</summary>
    /// <exception cref="TarnException">The library is missing or cannot be used.</exception>
    public static string Version => OnnxLibrary.Version;

    /// <summary>Whether the environment was made; its options are then fixed.</summary>
    public static bool IsStarted => _environment != 0;

    /// <summary>The memory of the processor, for tensors over the caller's memory.</summary>
    internal static nint Memory => _memory;

    /// <summary>The allocator of what the runtime owns.</summary>
    internal static nint Allocator => _allocator;

    /// <summary>The environment, made where there is none yet.</summary>
    internal static nint Environment
    {
        get
        {
            if (_environment == 0)
            {
                Make(null);
            }

            return _environment;
        }
    }

    /// <summary>Makes the environment with these options. Without a call of this the first use makes it with the defaults.</summary>
    /// <exception cref="TarnException">The library cannot be used, an option is out of range, or the environment is there already with other options.</exception>
    public static void Start(OnnxRuntimeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Range(options.IntraOpThreads is >= 0 and <= 1024, nameof(options.IntraOpThreads), "0 to 1024", options.IntraOpThreads);
        Range(options.InterOpThreads is >= 1 and <= 1024, nameof(options.InterOpThreads), "1 to 1024", options.InterOpThreads);
        Range(options.SharedArenaLimit >= 0, nameof(options.SharedArenaLimit), "0 or more bytes", options.SharedArenaLimit);
        if (!Make(options) && options != _options)
        {
            throw TarnException.Conflict(
                "ONNX Runtime is started once in a process.", "it runs with other options", "Call OnnxRuntime.Start before the first session is made, and once.");
        }
    }

    /// <summary>Makes the arena that sessions may share, once.</summary>
    internal static void RequireSharedArena()
    {
        var environment = Environment;
        lock (Gate)
        {
            if (_hasSharedArena)
            {
                return;
            }

            // OrtArenaAllocator, OrtMemTypeDefault
            OnnxErrors.Check(OnnxApi.CreateCpuMemoryInfo(arena: true, out var memory));
            using var held = new OnnxHandle(memory, OnnxApi.ReleaseMemoryInfo);
            var limit = (nuint)_options.SharedArenaLimit;
            fixed (byte* key = "max_mem\0"u8)
            {
                var keys = (nint)key;
                OnnxErrors.Check(OnnxApi.CreateArenaConfiguration(&keys, &limit, 1, out var configuration));
                using var arena = new OnnxHandle(configuration, OnnxApi.ReleaseArenaConfiguration);
                OnnxErrors.Check(OnnxApi.CreateAndRegisterAllocator(environment, memory, configuration));
            }

            _hasSharedArena = true;
        }
    }

    /// <summary>Makes the environment unless it is there; says whether it did.</summary>
    private static bool Make(OnnxRuntimeOptions? options)
    {
        OnnxLibrary.Require();
        lock (Gate)
        {
            if (_environment != 0)
            {
                return false;
            }

            _options = options ?? _options;
            OnnxErrors.Check(OnnxApi.Create(OnnxApi.CreateThreadingOptions, out var pointer));
            using var threading = new OnnxHandle(pointer, OnnxApi.ReleaseThreadingOptions);
            OnnxErrors.Check(OnnxApi.Set(OnnxApi.SetGlobalIntraOpThreads, pointer, _options.IntraOpThreads == 0 ? System.Environment.ProcessorCount : _options.IntraOpThreads));
            OnnxErrors.Check(OnnxApi.Set(OnnxApi.SetGlobalInterOpThreads, pointer, _options.InterOpThreads));
            OnnxErrors.Check(OnnxApi.Set(OnnxApi.SetGlobalSpin, pointer, _options.Spin ? 1 : 0));
            var logger = (nint)(delegate* unmanaged<nint, int, byte*, byte*, byte*, byte*, void>)&Hear;
            nint environment;
            fixed (byte* id = "tarn\0"u8)
            {
                OnnxErrors.Check(OnnxApi.CreateEnvironment(logger, (int)(_options.Log is null ? OnnxLogLevel.Fatal : _options.LogLevel), id, pointer, out environment));
            }

            OnnxErrors.Check(OnnxApi.CreateCpuMemoryInfo(arena: false, out _memory));
            OnnxErrors.Check(OnnxApi.Create(OnnxApi.DefaultAllocator, out _allocator));
            _environment = environment;
            return true;
        }
    }

    [UnmanagedCallersOnly]
    private static void Hear(nint state, int severity, byte* category, byte* id, byte* place, byte* message)
    {
        var level = (OnnxLogLevel)severity;
        if (_options.Log is { } log && level >= _options.LogLevel)
        {
            log(level, Marshal.PtrToStringUTF8((nint)message) ?? "");
        }
    }

    private static void Range(bool isInside, string name, string range, long value)
    {
        if (!isInside)
        {
            throw TarnException.InvalidInput($"{name} is {range}.", value.ToString(CultureInfo.InvariantCulture));
        }
    }
}
