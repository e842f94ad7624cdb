using Tarn.Core;
using Tarn.Native;

namespace Tarn.Training;

/// <summary>
/// Runs a backbone: pictures to pixels in its size, pixels to embeddings, by the graphs of <see cref="Backbone"/>. Safe for use from several threads.
/// </summary>
public sealed class BackboneRunner : IDisposable
{
    private readonly OnnxSession _resizer;
    private readonly OnnxSession _embedder;

    /// <summary>Loads the graphs of a backbone.</summary>
    /// <param name="backbone">The backbone.</param>
    /// <param name="threads">Threads for the work of one call; null: the process's pool.</param>
    /// <exception cref="TarnException">ONNX Runtime refuses the network, or fails at it.</exception>
    public BackboneRunner(Backbone backbone, int? threads = null)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        Backbone = backbone;
        PixelCount = 3 * backbone.Entry.Width * backbone.Entry.Height;

        // Sizes of pictures change from one to the next, so that a memory plan made for the last is of no use.
        _resizer = OnnxSession.FromBytes(backbone.ResizerModel.Span, new OnnxSessionOptions { IntraOpThreads = threads, UseMemoryPattern = false, Name = $"{backbone.Entry.Name} (resizing)" });
        try
        {
            _embedder = OnnxSession.FromBytes(backbone.EmbedderModel.Span, new OnnxSessionOptions { IntraOpThreads = threads, Name = backbone.Entry.Name });
            EmbeddingSize = RunEmbedder(new float[PixelCount], 1).Length;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The backbone.</summary>
    public Backbone Backbone { get; }

    /// <summary>How many numbers <see cref="Pixels(RgbImage, Memory{float})"/> gives: 3 × height × width.</summary>
    public int PixelCount { get; }

    /// <summary>How many numbers a picture's embedding has.</summary>
    public int EmbeddingSize { get; }

    /// <summary>A picture in the backbone's size: planes of red, green, blue, 0 to 255.</summary>
    /// <param name="image">Its pixels, row by row, red, green, blue: 3 × height × width bytes.</param>
    /// <param name="width">Its width.</param>
    /// <param name="height">Its height.</param>
    /// <param name="pixels">Where the <see cref="PixelCount"/> numbers go.</param>
    public void Pixels(Memory<byte> image, int width, int height, Memory<float> pixels)
    {
        using var input = OnnxValue.FromMemory(image, height, width, 3);
        using var output = OnnxValue.FromMemory(pixels, 1, 3, Backbone.Entry.Height, Backbone.Entry.Width);
        _resizer.Run([input], [output]);
    }

    /// <inheritdoc cref="Pixels(Memory{byte}, int, int, Memory{float})"/>
    public void Pixels(RgbImage image, Memory<float> pixels)
    {
        ArgumentNullException.ThrowIfNull(image);
        Pixels(image.Pixels, image.Width, image.Height, pixels);
    }

    /// <summary>The embeddings of pictures that <see cref="Pixels(RgbImage, Memory{float})"/> made.</summary>
    /// <param name="batch">The pictures one after another.</param>
    /// <param name="count">How many.</param>
    /// <returns>A row for each picture.</returns>
    public FloatMatrix Embed(Memory<float> batch, int count)
    {
        if (count < 0 || batch.Length != (long)count * PixelCount)
        {
            throw TarnException.InvalidInput($"A batch of {Backbone.Entry.Name} has {PixelCount} numbers a picture.", $"{batch.Length} numbers for {count} pictures");
        }

        if (count == 0 || Backbone.TakesBatches)
        {
            return new FloatMatrix(count, EmbeddingSize, count == 0 ? [] : RunEmbedder(batch, count));
        }

        var embeddings = new FloatMatrix(count, EmbeddingSize);
        for (var i = 0; i < count; i++)
        {
            RunEmbedder(batch.Slice(i * PixelCount, PixelCount), 1).CopyTo(embeddings.Row(i));
        }

        return embeddings;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _resizer.Dispose();
        _embedder?.Dispose();
    }

    private float[] RunEmbedder(Memory<float> batch, int count)
    {
        using var input = OnnxValue.FromMemory(batch, Backbone.BatchShape(count).Select(static d => d.Size).ToArray());
        OnnxValue?[] outputs = [null];
        _embedder.Run([input], outputs);
        using var output = outputs[0]!;
        var values = output.ToArray<float>();
        return output.Shape is [var rows, _] && rows == count
            ? values
            : throw TarnException.InvalidInput($"A backbone gives a row of numbers for each picture; {Backbone.Entry.Name} gave {output}.", Backbone.EmbeddingSource, "Name the right tensor as `embedding` in the catalogue.");
    }
}
