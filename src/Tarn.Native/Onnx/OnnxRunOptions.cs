namespace Tarn.Native;

/// <summary>Options of runs, and the means to stop them. One object may serve several runs, at once too: <see cref="Terminate"/> then stops all of them.</summary>
public sealed unsafe class OnnxRunOptions : IDisposable
{
    /// <summary>Options with a tag, which stands in the runtime's messages.</summary>
    public OnnxRunOptions(string? tag = null)
    {
        _ = OnnxRuntime.Environment;
        OnnxErrors.Check(OnnxApi.Create(OnnxApi.CreateRunOptions, out var pointer));
        Handle = new OnnxHandle(pointer, OnnxApi.ReleaseRunOptions);
        Tag = tag;
        if (tag is not null)
        {
            using var text = new OnnxText(tag);
            OnnxErrors.CheckOption(OnnxApi.Set(OnnxApi.SetRunTag, pointer, text.Pointer), nameof(Tag), tag);
        }
    }

    /// <summary>The tag, or null.</summary>
    public string? Tag { get; }

    internal OnnxHandle Handle { get; }

    /// <summary>Sets an entry of ONNX Runtime's own run configuration, as <c>memory.enable_memory_arena_shrinkage</c> → <c>cpu:0</c>.</summary>
    public void Set(string key, string value)
    {
        using var held = Handle.Borrow();
        using var name = new OnnxText(key);
        using var text = new OnnxText(value);
        OnnxErrors.CheckOption(OnnxApi.Set(OnnxApi.AddRunConfiguration, held.Pointer, name.Pointer, text.Pointer), key, value);
    }

    /// <summary>Stops the runs that use these options, after the operator that they are at; they end with an <see cref="OperationCanceledException"/>, and so does every later run until <see cref="Reset"/>.</summary>
    public void Terminate()
    {
        using var held = Handle.Borrow();
        OnnxErrors.Check(OnnxApi.Call(OnnxApi.SetTerminate, held.Pointer));
    }

    /// <summary>Lets runs go on again.</summary>
    public void Reset()
    {
        using var held = Handle.Borrow();
        OnnxErrors.Check(OnnxApi.Call(OnnxApi.UnsetTerminate, held.Pointer));
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();
}
