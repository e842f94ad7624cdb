using System.Globalization;
using System.Runtime.InteropServices;
using Tarn.Core;

namespace Tarn.Native;

/// <summary>A model, loaded. Any number of threads may run it at once; disposal waits for the runs that are under way.</summary>
public sealed unsafe partial class OnnxSession : IDisposable
{
    private const int OnStack = 32;

    private readonly OnnxHandle _handle;
    private readonly OnnxNames _inputs;
    private readonly OnnxNames _outputs;
    private readonly Lazy<OnnxModelMetadata> _metadata;

    private OnnxSession(OnnxHandle handle)
    {
        _handle = handle;
        using var held = handle.Borrow();
        Inputs = OnnxSignature.Read(held.Pointer, OnnxApi.InputCount, OnnxApi.InputName, OnnxApi.InputTypeInfo);
        Outputs = OnnxSignature.Read(held.Pointer, OnnxApi.OutputCount, OnnxApi.OutputName, OnnxApi.OutputTypeInfo);
        _inputs = new OnnxNames(Inputs);
        _outputs = new OnnxNames(Outputs);
        _metadata = new Lazy<OnnxModelMetadata>(() =>
        {
            using var borrowed = _handle.Borrow();
            return OnnxSignature.ReadMetadata(borrowed.Pointer);
        });
    }

    /// <summary>What the model takes, in its own order. Inputs for which the model has a value of its own (initializers) are not among them.</summary>
    public IReadOnlyList<OnnxTensorInfo> Inputs { get; }

    /// <summary>What the model gives, in its own order.</summary>
    public IReadOnlyList<OnnxTensorInfo> Outputs { get; }

    /// <summary>What the model's file says of itself.</summary>
    public OnnxModelMetadata Metadata => _metadata.Value;

    internal OnnxHandle Handle => _handle;

    /// <summary>Loads a model from its file; data beside it that it refers to (external data) is found there.</summary>
    /// <exception cref="TarnException">The file is missing or damaged, the model cannot be loaded, or ONNX Runtime cannot be used.</exception>
    public static OnnxSession FromFile(string path, OnnxSessionOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new OnnxSessionOptions();
        return File.Exists(path)
            ? new OnnxSession(OnnxSessionBuilder.Build(path, options))
            : throw TarnException.NotFound("A model's file must exist.", path);
    }

    /// <summary>Loads a model from its bytes, which need not be kept.</summary>
    /// <exception cref="TarnException">The bytes are no model, the model cannot be loaded, or ONNX Runtime cannot be used.</exception>
    public static OnnxSession FromBytes(ReadOnlySpan<byte> model, OnnxSessionOptions? options = null)
    {
        options ??= new OnnxSessionOptions();
        return model.IsEmpty
            ? throw TarnException.Corrupt("A model's bytes must be an ONNX model.", $"{options.Name ?? "model"}: 0 bytes", "Get the file again.")
            : new OnnxSession(OnnxSessionBuilder.Build(model, options));
    }

    /// <summary>Runs the model on inputs by name.</summary>
    /// <param name="inputs">A value for each of <see cref="Inputs"/>.</param>
    /// <param name="outputs">The names of the outputs that are wanted, in the order that is wanted; null for all.</param>
    /// <param name="options">Options of the run, or null.</param>
    /// <returns>The outputs, to be disposed.</returns>
    /// <exception cref="TarnException">A name is unknown, an input is missing or does not fit, or the model fails.</exception>
    /// <exception cref="OperationCanceledException">The run was stopped by its options.</exception>
    public OnnxOutputs Run(IReadOnlyDictionary<string, OnnxValue> inputs, IReadOnlyList<string>? outputs = null, OnnxRunOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var values = new OnnxValue[Inputs.Count];
        foreach (var (name, value) in inputs)
        {
            values[_inputs.IndexOf(name, "input")] = value;
        }

        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] is null)
            {
                throw TarnException.InvalidInput("Every input of a model needs a value.", $"no value for {Inputs[i]}");
            }
        }

        var wanted = outputs is null ? null : new int[outputs.Count];
        for (var i = 0; i < wanted?.Length; i++)
        {
            wanted[i] = _outputs.IndexOf(outputs![i], "output");
        }

        var results = new OnnxValue?[wanted?.Length ?? Outputs.Count];
        Run(values, wanted, results, options);
        return new OnnxOutputs(results!, outputs ?? _outputs.All);
    }

    /// <summary>Runs the model on inputs in the order of <see cref="Inputs"/>. An output given here, in the order of <see cref="Outputs"/>, is written in place; those that are null are made.</summary>
    /// <exception cref="TarnException">An input does not fit, or the model fails.</exception>
    /// <exception cref="OperationCanceledException">The run was stopped by its options.</exception>
    public void Run(ReadOnlySpan<OnnxValue> inputs, Span<OnnxValue?> outputs, OnnxRunOptions? options = null)
    {
        CheckCounts(inputs.Length, outputs.Length);
        Run(inputs, null, outputs, options);
    }

    /// <inheritdoc cref="Run(IReadOnlyDictionary{string, OnnxValue}, IReadOnlyList{string}?, OnnxRunOptions?)"/>
    /// <param name="inputs">A value for each of <see cref="Inputs"/>.</param>
    /// <param name="cancellation">Stops the run after the operator that it is at.</param>
    public OnnxOutputs Run(IReadOnlyDictionary<string, OnnxValue> inputs, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (!cancellation.CanBeCanceled)
        {
            return Run(inputs);
        }

        using var options = new OnnxRunOptions();
        using var registration = cancellation.UnsafeRegister(static o => ((OnnxRunOptions)o!).Terminate(), options);
        try
        {
            return Run(inputs, null, options);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException("The run of the model was stopped.", cancellation);
        }
    }

    /// <summary>A binding of this session's inputs and outputs to memory, for runs that repeat.</summary>
    public OnnxBinding Bind() => new(this);

    /// <summary>What the session holds of the processor's memory at this moment, or null where it has no arena (<see cref="OnnxSessionOptions.UseArena"/>), which is what counts it.</summary>
    public OnnxMemory? Memory()
    {
        using var session = _handle.Borrow();
        OnnxErrors.Check(OnnxApi.CreateCpuMemoryInfo(arena: true, out var kind));
        using var info = new OnnxHandle(kind, OnnxApi.ReleaseMemoryInfo);
        OnnxErrors.Check(OnnxApi.CreateAllocator(session.Pointer, kind, out var pointer));
        using var allocator = new OnnxHandle(pointer, OnnxApi.ReleaseAllocator);
        OnnxErrors.Check(OnnxApi.Get(OnnxApi.AllocatorStatistics, pointer, out nint pairs));
        using var statistics = new OnnxHandle(pairs, OnnxApi.ReleaseKeyValuePairs);
        return Number(pairs, "TotalAllocated"u8) is { } held ? new OnnxMemory(held, Number(pairs, "InUse"u8) ?? 0, Number(pairs, "MaxInUse"u8) ?? 0) : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    internal int InputIndex(string name) => _inputs.IndexOf(name, "input");

    internal int OutputIndex(string name) => _outputs.IndexOf(name, "output");

    internal nint InputName(int index) => _inputs[index];

    internal nint OutputName(int index) => _outputs[index];

    private static long? Number(nint pairs, ReadOnlySpan<byte> key)
    {
        // Literals end with a zero beyond their length.
        fixed (byte* name = key)
        {
            return OnnxApi.ValueOf(pairs, name) is not 0 and var text ? long.Parse(Marshal.PtrToStringUTF8(text)!, CultureInfo.InvariantCulture) : null;
        }
    }

    private void Run(ReadOnlySpan<OnnxValue> inputs, int[]? wanted, Span<OnnxValue?> outputs, OnnxRunOptions? options)
    {
        // Pointers of names and values side by side; each value is held against disposal on another thread until the run has ended.
        Span<nint> pointers = inputs.Length + outputs.Length <= OnStack ? stackalloc nint[2 * OnStack] : new nint[2 * (inputs.Length + outputs.Length)];
        var inputNames = pointers[..inputs.Length];
        var inputValues = pointers.Slice(inputs.Length, inputs.Length);
        var outputNames = pointers.Slice(2 * inputs.Length, outputs.Length);
        var outputValues = pointers.Slice((2 * inputs.Length) + outputs.Length, outputs.Length);
        nint status;
        using (var session = _handle.Borrow())
        {
            var heldInputs = 0;
            var heldOutputs = 0;
            var heldOptions = false;
            try
            {
                options?.Handle.DangerousAddRef(ref heldOptions);
                for (; heldInputs < inputs.Length; heldInputs++)
                {
                    inputNames[heldInputs] = _inputs[heldInputs];
                    inputValues[heldInputs] = inputs[heldInputs].Handle.Hold();
                }

                for (; heldOutputs < outputs.Length; heldOutputs++)
                {
                    outputNames[heldOutputs] = _outputs[wanted?[heldOutputs] ?? heldOutputs];
                    outputValues[heldOutputs] = outputs[heldOutputs]?.Handle.Hold() ?? 0;
                }

                fixed (nint* names = inputNames, values = inputValues, resultNames = outputNames, results = outputValues)
                {
                    status = OnnxModelApi.Run(
                        session.Pointer, options?.Handle.DangerousGetHandle() ?? 0, names, values, (nuint)inputs.Length, resultNames, (nuint)outputs.Length, results);
                }
            }
            finally
            {
                while (heldInputs > 0)
                {
                    inputs[--heldInputs].Handle.DangerousRelease();
                }

                while (heldOutputs > 0)
                {
                    outputs[--heldOutputs]?.Handle.DangerousRelease();
                }

                if (heldOptions)
                {
                    options!.Handle.DangerousRelease();
                }
            }
        }

        // The names' memory is this object's.
        GC.KeepAlive(this);
        if (status != 0)
        {
            throw OnnxErrors.OfRun(status, OnnxMisfits.Find(Inputs, inputs));
        }

        for (var i = 0; i < outputs.Length; i++)
        {
            outputs[i] ??= new OnnxValue(new OnnxHandle(outputValues[i], OnnxApi.ReleaseValue));
        }
    }
}
