using System.Globalization;
using Tarn.Core;

namespace Tarn.Native;

/// <summary>Makes ONNX Runtime's session options out of ours, and sessions with them.</summary>
internal static unsafe class OnnxSessionBuilder
{
    internal static OnnxHandle Build(string path, OnnxSessionOptions options)
    {
        using var configuration = Configure(options);
        using var held = configuration.Borrow();
        var prepacked = options.SharedWeights?.Prepacked.DangerousGetHandle() ?? 0;
        nint session;
        if (OperatingSystem.IsWindows())
        {
            fixed (char* name = path)
            {
                OnnxErrors.CheckLoad(OnnxModelApi.CreateSession(OnnxRuntime.Environment, name, held.Pointer, prepacked, out session), path);
            }
        }
        else
        {
            using var name = new OnnxText(path);
            OnnxErrors.CheckLoad(OnnxModelApi.CreateSession(OnnxRuntime.Environment, name.Pointer, held.Pointer, prepacked, out session), path);
        }

        return Own(session, options);
    }

    internal static OnnxHandle Build(ReadOnlySpan<byte> model, OnnxSessionOptions options)
    {
        using var configuration = Configure(options);
        using var held = configuration.Borrow();
        var prepacked = options.SharedWeights?.Prepacked.DangerousGetHandle() ?? 0;
        fixed (byte* bytes = model)
        {
            OnnxErrors.CheckLoad(OnnxModelApi.CreateSession(OnnxRuntime.Environment, bytes, (nuint)model.Length, held.Pointer, prepacked, out var session), options.Name ?? "model");
            return Own(session, options);
        }
    }

    private static OnnxHandle Own(nint session, OnnxSessionOptions options)
    {
        var handle = new OnnxHandle(session, OnnxApi.ReleaseSession);
        if (options.SharedWeights is { } weights)
        {
            handle.Keep(weights.Prepacked);
            foreach (var value in weights.Values.Values)
            {
                handle.Keep(value.Handle);
            }
        }

        return handle;
    }

    private static OnnxHandle Configure(OnnxSessionOptions options)
    {
        _ = OnnxRuntime.Environment;
        if (options.SharedWeights is { } weights)
        {
            ObjectDisposedException.ThrowIf(weights.Prepacked.IsClosed || weights.Values.Values.Any(static v => v.Handle.IsClosed), weights);
        }

        OnnxErrors.Check(OnnxApi.Create(OnnxApi.CreateSessionOptions, out var pointer));
        var handle = new OnnxHandle(pointer, OnnxApi.ReleaseSessionOptions);
        try
        {
            Threads(pointer, options);
            Memory(pointer, options);
            Graph(pointer, options);
            foreach (var (key, value) in options.Entries)
            {
                Entry(pointer, key, value);
            }

            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static void Threads(nint pointer, OnnxSessionOptions options)
    {
        if (options.IntraOpThreads is { } threads)
        {
            if (threads is < 1 or > 1024)
            {
                throw TarnException.InvalidInput("IntraOpThreads is 1 to 1024, or null for the process's pool.", threads.ToString(CultureInfo.InvariantCulture));
            }

            OnnxErrors.CheckOption(OnnxApi.Set(OnnxApi.SetIntraOpThreads, pointer, threads), nameof(options.IntraOpThreads), threads);
            OnnxErrors.CheckOption(OnnxApi.Set(OnnxApi.SetInterOpThreads, pointer, options.RunOperatorsInParallel ? threads : 1), nameof(options.RunOperatorsInParallel), options.RunOperatorsInParallel);
            Entry(pointer, "session.intra_op.allow_spinning", "0");
            Entry(pointer, "session.inter_op.allow_spinning", "0");
        }
        else
        {
            OnnxErrors.Check(OnnxApi.Call(OnnxApi.DisablePerSessionThreads, pointer));
        }

        OnnxErrors.Check(OnnxApi.Set(OnnxApi.SetExecutionMode, pointer, options.RunOperatorsInParallel ? 1 : 0));
    }

    private static void Memory(nint pointer, OnnxSessionOptions options)
    {
        if (options.UseSharedArena)
        {
            OnnxRuntime.RequireSharedArena();
            Entry(pointer, "session.use_env_allocators", "1");
        }

        if (!options.UseArena)
        {
            OnnxErrors.Check(OnnxApi.Call(OnnxApi.DisableCpuArena, pointer));
        }

        if (!options.UseMemoryPattern || options.RunOperatorsInParallel)
        {
            OnnxErrors.Check(OnnxApi.Call(OnnxApi.DisableMemoryPattern, pointer));
        }
    }

    private static void Graph(nint pointer, OnnxSessionOptions options)
    {
        var level = options.SharedWeights is not null && options.Optimization > OnnxOptimization.Extended ? OnnxOptimization.Extended : options.Optimization;
        OnnxErrors.CheckOption(OnnxApi.Set(OnnxApi.SetGraphOptimization, pointer, (int)level), nameof(options.Optimization), level);
        foreach (var (name, length) in options.Dimensions)
        {
            using var text = new OnnxText(name);
            OnnxErrors.CheckOption(OnnxApi.Set(OnnxApi.AddFreeDimension, pointer, text.Pointer, length), name, length);
        }

        foreach (var (name, value) in options.SharedWeights?.Values ?? new Dictionary<string, OnnxValue>())
        {
            using var text = new OnnxText(name);
            OnnxErrors.CheckOption(OnnxApi.Set(OnnxApi.AddInitializer, pointer, text.Pointer, value.Handle.DangerousGetHandle()), name, value);
        }

        if (options.SaveOptimizedTo is { } path)
        {
            if (OperatingSystem.IsWindows())
            {
                fixed (char* name = path)
                {
                    OnnxErrors.CheckOption(OnnxApi.Set(OnnxApi.SetOptimizedModelFilePath, pointer, (byte*)name), nameof(options.SaveOptimizedTo), path);
                }
            }
            else
            {
                using var name = new OnnxText(path);
                OnnxErrors.CheckOption(OnnxApi.Set(OnnxApi.SetOptimizedModelFilePath, pointer, name.Pointer), nameof(options.SaveOptimizedTo), path);
            }
        }
    }

    private static void Entry(nint pointer, string key, string value)
    {
        using var name = new OnnxText(key);
        using var text = new OnnxText(value);
        OnnxErrors.CheckOption(OnnxApi.Set(OnnxApi.AddSessionConfiguration, pointer, name.Pointer, text.Pointer), key, value);
    }
}
