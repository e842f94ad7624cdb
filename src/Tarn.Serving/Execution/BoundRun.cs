using Tarn.Native;

namespace Tarn.Serving;

/// <summary>A model's inputs and outputs bound to memory for a number of rows: views of the buffers of an <see cref="Instance"/>, so that a run looks nothing up and makes nothing.</summary>
internal sealed class BoundRun : IDisposable
{
    private readonly OnnxBinding _binding;
    private readonly List<OnnxValue> _values = [];

    public BoundRun(OnnxSession session, TensorPort[] inputs, byte[][] inputMemory, TensorPort[] outputs, byte[][] outputMemory, int rows)
    {
        _binding = session.Bind();
        try
        {
            for (var i = 0; i < inputs.Length; i++)
            {
                _binding.BindInput(inputs[i].Name, View(inputs[i], inputMemory[i], rows));
            }

            for (var i = 0; i < outputs.Length; i++)
            {
                _binding.BindOutput(outputs[i].Name, View(outputs[i], outputMemory[i], rows));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Run() => _binding.Run();

    public void Dispose()
    {
        _binding.Dispose();
        foreach (var value in _values)
        {
            value.Dispose();
        }
    }

    private OnnxValue View(TensorPort port, byte[] memory, int rows)
    {
        var value = port.View(memory, rows);
        _values.Add(value);
        return value;
    }
}
