namespace Tarn.Native;

/// <summary>
/// A session's inputs and outputs bound to memory once, for runs that repeat: nothing is looked up, copied or made at a run. Write into the inputs' memory, run, read the
/// outputs' memory. One thread at a time; several bindings of one session may run at once. What is bound stays alive until something else is bound in its place or the binding is disposed.
/// </summary>
public sealed unsafe class OnnxBinding : IDisposable
{
    private readonly OnnxSession _session;
    private readonly OnnxHandle _handle;
    private readonly OnnxValue?[] _inputs;
    private readonly OnnxValue?[] _outputs;

    // Outputs that the runtime makes. After a run the binding holds what was made, and would take it for memory to be written again.
    private readonly List<int> _made = [];
    private bool _hasRun;

    internal OnnxBinding(OnnxSession session)
    {
        _session = session;
        _inputs = new OnnxValue?[session.Inputs.Count];
        _outputs = new OnnxValue?[session.Outputs.Count];
        using var held = session.Handle.Borrow();
        OnnxErrors.Check(OnnxApi.Get(OnnxApi.CreateIoBinding, held.Pointer, out nint pointer));
        _handle = new OnnxHandle(pointer, OnnxApi.ReleaseIoBinding);
        _handle.Keep(session.Handle);
    }

    /// <summary>Binds an input to a value.</summary>
    /// <exception cref="Core.TarnException">The model has no such input, or the value's element type is not the model's.</exception>
    public void BindInput(string name, OnnxValue value)
    {
        var index = _session.InputIndex(name);
        Bind(OnnxApi.BindInput, _session.InputName(index), _session.Inputs[index], ref _inputs[index], value);
    }

    /// <summary>Binds an output to a tensor of exactly the shape that the model will give; it is written in place.</summary>
    /// <exception cref="Core.TarnException">The model has no such output.</exception>
    public void BindOutput(string name, OnnxValue value)
    {
        var index = _session.OutputIndex(name);
        Bind(OnnxApi.BindOutput, _session.OutputName(index), _session.Outputs[index], ref _outputs[index], value);
        _ = _made.Remove(index);
    }

    /// <summary>Binds an output to memory that the runtime makes at each run, where its shape is not known before, anew each time; <see cref="GetOutputs"/> gives it.</summary>
    public void BindOutput(string name)
    {
        var index = _session.OutputIndex(name);
        using var held = _handle.Borrow();
        BindMade(held.Pointer, index);
        _handle.Drop(_outputs[index]?.Handle);
        _outputs[index] = null;
        if (!_made.Contains(index))
        {
            _made.Add(index);
        }
    }

    /// <summary>Runs the model on what is bound.</summary>
    /// <exception cref="Core.TarnException">An input is not bound or does not fit, or the model fails.</exception>
    /// <exception cref="OperationCanceledException">The run was stopped by its options.</exception>
    public void Run(OnnxRunOptions? options = null)
    {
        nint status;
        using (var session = _session.Handle.Borrow())
        using (var binding = _handle.Borrow())
        {
            for (var i = 0; _hasRun && i < _made.Count; i++)
            {
                BindMade(binding.Pointer, _made[i]);
            }

            _hasRun = true;
            if (options is null)
            {
                status = OnnxModelApi.RunWithBinding(session.Pointer, 0, binding.Pointer);
            }
            else
            {
                using var held = options.Handle.Borrow();
                status = OnnxModelApi.RunWithBinding(session.Pointer, held.Pointer, binding.Pointer);
            }
        }

        GC.KeepAlive(_session);
        if (status != 0)
        {
            throw OnnxErrors.OfRun(status, Misfit());
        }

    }

    /// <summary>The bound outputs after a run, in the order in which they were bound: new values over the same memory, each to be disposed.</summary>
    public IReadOnlyList<OnnxValue> GetOutputs()
    {
        using var held = _handle.Borrow();
        OnnxErrors.Check(OnnxModelApi.BoundOutputs(held.Pointer, out var list, out var count));
        if (count == 0)
        {
            return [];
        }

        try
        {
            var values = new OnnxValue[count];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = new OnnxValue(new OnnxHandle(((nint*)list)[i], OnnxApi.ReleaseValue));
            }

            return values;
        }
        finally
        {
            OnnxErrors.Check(OnnxApi.Free(OnnxRuntime.Allocator, list));
        }
    }

    /// <summary>Binds nothing any more.</summary>
    public void Clear()
    {
        using var held = _handle.Borrow();
        OnnxApi.Release(OnnxApi.ClearBoundInputs, held.Pointer);
        OnnxApi.Release(OnnxApi.ClearBoundOutputs, held.Pointer);
        _made.Clear();
        foreach (var values in (ReadOnlySpan<OnnxValue?[]>)[_inputs, _outputs])
        {
            foreach (var value in values)
            {
                _handle.Drop(value?.Handle);
            }

            Array.Clear(values);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private void BindMade(nint binding, int index) =>
        OnnxErrors.Check(OnnxApi.Set(OnnxApi.BindOutputToDevice, binding, (byte*)_session.OutputName(index), OnnxRuntime.Memory));

    private void Bind(int place, nint name, OnnxTensorInfo declared, ref OnnxValue? bound, OnnxValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        using var held = _handle.Borrow();
        using var tensor = value.Handle.Borrow();
        OnnxErrors.CheckBinding(OnnxApi.Set(place, held.Pointer, (byte*)name, tensor.Pointer), declared, value);
        _handle.Keep(value.Handle);
        _handle.Drop(bound?.Handle);
        bound = value;
    }

    private string? Misfit()
    {
        for (var i = 0; i < _inputs.Length; i++)
        {
            if (_inputs[i] is null)
            {
                return $"nothing is bound to {_session.Inputs[i]}";
            }
        }

        return OnnxMisfits.Find(_session.Inputs, _inputs!);
    }
}
