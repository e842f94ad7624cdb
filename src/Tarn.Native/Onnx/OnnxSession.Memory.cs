using System.Buffers;
using System.Runtime.CompilerServices;
using Tarn.Core;

namespace Tarn.Native;

/// <content>Runs on memory that differs from one to the next.</content>
public sealed unsafe partial class OnnxSession
{
    /// <summary>
    /// Runs the model on inputs that lie in the caller's memory, in the order of <see cref="Inputs"/>, into outputs that are written in place, in the order of <see cref="Outputs"/>. The memory is pinned while it runs.
    /// Of a model with up to 8 inputs, and 32 inputs and outputs together, a run makes no garbage.
    /// </summary>
    /// <param name="inputs">A tensor for each input.</param>
    /// <param name="outputs">A value for each output, of exactly the shape that the model will give.</param>
    /// <exception cref="TarnException">An input or an output does not fit, or the model fails.</exception>
    public void Run(ReadOnlySpan<OnnxMemoryTensor> inputs, ReadOnlySpan<OnnxValue> outputs)
    {
        CheckCounts(inputs.Length, outputs.Length);
        Span<nint> pointers = inputs.Length + outputs.Length <= OnStack ? stackalloc nint[2 * OnStack] : new nint[2 * (inputs.Length + outputs.Length)];
        var inputNames = pointers[..inputs.Length];
        var inputValues = pointers.Slice(inputs.Length, inputs.Length);
        var outputNames = pointers.Slice(2 * inputs.Length, outputs.Length);
        var outputValues = pointers.Slice((2 * inputs.Length) + outputs.Length, outputs.Length);
        var few = default(Pins);
        Span<MemoryHandle> pins = inputs.Length <= Pins.Count ? few : new MemoryHandle[inputs.Length];
        inputValues.Clear();
        nint status;
        using (var session = _handle.Borrow())
        {
            var heldOutputs = 0;
            try
            {
                for (var i = 0; i < inputs.Length; i++)
                {
                    inputNames[i] = _inputs[i];
                    inputValues[i] = OnnxValue.Make(inputs[i], ref pins[i]);
                }

                for (; heldOutputs < outputs.Length; heldOutputs++)
                {
                    outputNames[heldOutputs] = _outputs[heldOutputs];
                    outputValues[heldOutputs] = outputs[heldOutputs].Handle.Hold();
                }

                fixed (nint* names = inputNames, values = inputValues, resultNames = outputNames, results = outputValues)
                {
                    status = OnnxModelApi.Run(session.Pointer, 0, names, values, (nuint)inputs.Length, resultNames, (nuint)outputs.Length, results);
                }
            }
            finally
            {
                while (heldOutputs > 0)
                {
                    outputs[--heldOutputs].Handle.DangerousRelease();
                }

                for (var i = 0; i < inputs.Length; i++)
                {
                    if (inputValues[i] != 0)
                    {
                        OnnxApi.Release(OnnxApi.ReleaseValue, inputValues[i]);
                    }

                    pins[i].Dispose();
                }
            }
        }

        GC.KeepAlive(this);
        if (status != 0)
        {
            throw OnnxErrors.OfRun(status, Misfit(inputs));
        }
    }

    private void CheckCounts(int inputs, int outputs)
    {
        if (inputs != Inputs.Count || outputs != Outputs.Count)
        {
            throw TarnException.InvalidInput("A model takes and gives as many values as it declares.", $"{inputs} of {Inputs.Count} inputs, {outputs} of {Outputs.Count} outputs");
        }
    }

    private string? Misfit(ReadOnlySpan<OnnxMemoryTensor> inputs)
    {
        var values = new OnnxValue?[inputs.Length];
        try
        {
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = OnnxValue.FromBytes(inputs[i].Type, inputs[i].Data, inputs[i].Shape.Span);
            }

            return OnnxMisfits.Find(Inputs, values!);
        }
        finally
        {
            foreach (var value in values)
            {
                value?.Dispose();
            }
        }
    }

    /// <summary>What holds the memory of a few inputs in place.</summary>
    [InlineArray(Count)]
    private struct Pins
    {
        public const int Count = 8;

        private MemoryHandle _first;
    }
}
