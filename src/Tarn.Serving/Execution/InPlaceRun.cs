using Tarn.Native;

namespace Tarn.Serving;

/// <summary>Runs of a number of rows on the memory in which requests lie, into memory of the instance's: for requests that are too large to be copied. A run makes no garbage.</summary>
internal sealed class InPlaceRun : IDisposable
{
    private readonly OnnxMemoryTensor[] _inputs;
    private readonly byte[][] _memory;
    private readonly OnnxValue[] _outputs;
    private readonly int _rows;

    public InPlaceRun(LoadedModel model, int rows)
    {
        _rows = rows;
        _inputs = new OnnxMemoryTensor[model.Inputs.Length];
        _memory = new byte[model.Outputs.Length][];
        _outputs = new OnnxValue[_memory.Length];
        for (var i = 0; i < _outputs.Length; i++)
        {
            var port = model.Outputs[i];
            _memory[i] = port.Allocate(rows);
            _outputs[i] = port.View(_memory[i], rows);
        }
    }

    public void Run(LoadedModel model, InferenceRequest request)
    {
        for (var i = 0; i < _inputs.Length; i++)
        {
            _inputs[i] = request.Inputs[i].InPlace;
        }

        try
        {
            model.Session.Run(_inputs, _outputs);
        }
        finally
        {
            // The memory is the request's.
            Array.Clear(_inputs);
        }

        request.ComputedAt = model.Now();
        for (var i = 0; i < _outputs.Length; i++)
        {
            model.Outputs[i].SetRows(request.Outputs[i], _rows, _memory[i]);
        }
    }

    public void Dispose()
    {
        foreach (var value in _outputs)
        {
            value.Dispose();
        }
    }
}
