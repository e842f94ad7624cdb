using Tarn.Native;

namespace Tarn.Training;

/// <summary>A backbone as an embedder: its own graph brings pictures to size, its own graph makes the numbers, as in the model that is exported. Dispose it to free them.</summary>
public sealed class BackboneEmbedder : ImageEmbedder, IDisposable
{
    private readonly BackboneRunner _runner;

    /// <summary>Loads the graphs of a backbone.</summary>
    /// <param name="backbone">The backbone.</param>
    /// <exception cref="Core.TarnException">ONNX Runtime refuses the network, or fails at it.</exception>
    public BackboneEmbedder(Backbone backbone) => _runner = new BackboneRunner(backbone, threads: 1);

    /// <inheritdoc/>
    public override string Name => _runner.Backbone.Entry.Name;

    /// <inheritdoc/>
    public override string Hash => _runner.Backbone.Hash;

    /// <inheritdoc/>
    public override int Dimension => _runner.EmbeddingSize;

    /// <inheritdoc/>
    public override FloatMatrix Embed(IReadOnlyList<RgbImage> images)
    {
        ArgumentNullException.ThrowIfNull(images);

        // An array of its own size: the runtime takes memory as it is, and rented memory would be longer.
        var pixels = GC.AllocateUninitializedArray<float>(images.Count * _runner.PixelCount);
        for (var i = 0; i < images.Count; i++)
        {
            _runner.Pixels(images[i].Pixels, images[i].Width, images[i].Height, pixels.AsMemory(i * _runner.PixelCount, _runner.PixelCount));
        }

        return _runner.Embed(pixels, images.Count);
    }

    /// <inheritdoc/>
    public void Dispose() => _runner.Dispose();
}
