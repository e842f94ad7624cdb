namespace Tarn.Serving;

/// <summary>The answer to one set of inputs: under way, there, or failed.</summary>
internal sealed class CachedResult(InputHash key)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private KeptTensor[]? _outputs;

    public InputHash Key => key;

    /// <summary>Ends when the answer is there, or it is known that there is none to be kept.</summary>
    public Task Done => _done.Task;

    public bool HasOutputs => _outputs is not null;

    /// <summary>Bytes of the answer, about.</summary>
    public long Bytes { get; private set; }

    /// <summary>Keeps a copy of a request's answer.</summary>
    public void Keep(InferenceRequest request)
    {
        var outputs = new KeptTensor[request.Outputs.Length];
        for (var i = 0; i < outputs.Length; i++)
        {
            var tensor = request.Outputs[i];
            outputs[i] = new KeptTensor(tensor.Type, tensor.Shape.ToArray(), tensor.Bytes.ToArray(), tensor.Texts);
            Bytes += 128 + tensor.Bytes.Length + tensor.Texts.Sum(static t => 32L + t.Length);
        }

        _outputs = outputs;
    }

    /// <summary>Wakes those that wait for it.</summary>
    public void Finish() => _done.SetResult();

    /// <summary>Gives a request a copy of the answer.</summary>
    public void CopyTo(InferenceRequest request)
    {
        for (var i = 0; i < _outputs!.Length; i++)
        {
            var (type, shape, bytes, texts) = _outputs[i];
            var output = request.Outputs[i];
            output.Set(type, shape, request.Model.Outputs[i].Name);
            bytes.CopyTo(output.Bytes);
            texts.CopyTo(output.Texts, 0);
        }
    }

    private sealed record KeptTensor(Native.OnnxElementType Type, long[] Shape, byte[] Bytes, byte[][] Texts);
}
