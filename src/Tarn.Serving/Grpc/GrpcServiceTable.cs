using Google.Protobuf.Reflection;

namespace Tarn.Serving;

/// <summary>The services of a <see cref="GrpcServer"/>: filled first, then given to the server, which takes the methods as they are then.</summary>
internal sealed class GrpcServiceTable
{
    private readonly Dictionary<string, GrpcService> _services = new(StringComparer.Ordinal);

    /// <summary>The services, in the order in which they were added.</summary>
    public IReadOnlyCollection<GrpcService> Services => _services.Values;

    /// <summary>Adds a service with its description, which its methods have to fit, and which reflection tells.</summary>
    /// <param name="fullName">The full name.</param>
    /// <param name="describe">Gives the description, once somebody asks for it.</param>
    /// <exception cref="ArgumentException">It is there already.</exception>
    public GrpcService Add(string fullName, Func<ServiceDescriptor> describe) => Add(new GrpcService(fullName, describe));

    /// <summary>Adds a service that has no description.</summary>
    /// <exception cref="ArgumentException">It is there already.</exception>
    public GrpcService Add(string fullName) => Add(new GrpcService(fullName, null));

    private GrpcService Add(GrpcService service)
    {
        _services.Add(service.Name, service);
        return service;
    }
}
