// Countersign on Azure: the bot's registration with the Teams channel, the service as a Container
// App, its database, and a vault for its secrets. No secret is a parameter or an output: put them
// into the vault once (infra/README.md), the app reads them with its managed identity.

targetScope = 'resourceGroup'

@description('Prefix of every name; lower-case letters and digits.')
@minLength(3)
@maxLength(12)
param name string

param location string = resourceGroup().location

@description('The image to run, with countersign.yaml and workflows under /config.')
param image string

@description('SingleTenant: an app registration of yours. UserAssignedMSI: the identity made here is the bot.')
@allowed(['SingleTenant', 'UserAssignedMSI'])
param botAppType string = 'UserAssignedMSI'

@description('Application (client) id of the app registration; only for SingleTenant.')
param botAppId string = ''

@description('Tenant of the bot and of the database administrators.')
param tenantId string = tenant().tenantId

@description('Name people see in Teams.')
param botDisplayName string = 'Countersign'

@description('F0 is free and bounded; S1 has a service level.')
@allowed(['F0', 'S1'])
param botSku string = 'S1'

@description('Entra group that administers the database; it runs the grants for the service.')
param sqlAdminGroupName string
param sqlAdminGroupObjectId string

@description('Database size, as Azure SQL names it.')
param sqlSkuName string = 'S0'

@description('Replicas that always run, so that Teams is answered at once and timers fire.')
@minValue(1)
@maxValue(10)
param minReplicas int = 2

@minValue(1)
@maxValue(30)
param maxReplicas int = 4

@description('Secrets in the vault, and the environment variable that countersign.yaml reads each by.')
param secretNames object = {
  SIGNING_SECRET: 'signing-secret'
  WEBHOOK_SECRET: 'webhook-secret'
}

var suffix = uniqueString(resourceGroup().id, name)
var managedBot = botAppType == 'UserAssignedMSI'
// Built-in role "Key Vault Secrets User".
var secretsUserRole = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '4633458b-17de-408a-b874-0445c86b69e6'
)

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${name}-identity'
  location: location
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: '${name}-${take(suffix, 8)}'
  location: location
  properties: {
    tenantId: tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    publicNetworkAccess: 'Enabled'
  }
}

resource readsSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, identity.id, secretsUserRole)
  scope: vault
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: secretsUserRole
  }
}

resource sqlServer 'Microsoft.Sql/servers@2021-11-01' = {
  name: '${name}-${suffix}'
  location: location
  properties: {
    minimalTlsVersion: '1.2'
    publicNetworkAccess: 'Enabled'
    administrators: {
      administratorType: 'ActiveDirectory'
      principalType: 'Group'
      login: sqlAdminGroupName
      sid: sqlAdminGroupObjectId
      tenantId: tenantId
      azureADOnlyAuthentication: true
    }
  }
}

// Lets Azure services in; use a private endpoint in place of it where your network asks for one.
resource sqlFromAzure 'Microsoft.Sql/servers/firewallRules@2021-11-01' = {
  parent: sqlServer
  name: 'AllowAzureServices'
  properties: {
    startIpAddress: '0.0.0.0'
    endIpAddress: '0.0.0.0'
  }
}

resource database 'Microsoft.Sql/servers/databases@2021-11-01' = {
  parent: sqlServer
  name: 'countersign'
  location: location
  sku: {
    name: sqlSkuName
  }
}

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: '${name}-logs'
  location: location
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: 30
  }
}

resource environment 'Microsoft.App/managedEnvironments@2024-03-01' = {
  name: '${name}-environment'
  location: location
  properties: {
    appLogsConfiguration: {
      destination: 'log-analytics'
      logAnalyticsConfiguration: {
        customerId: logs.properties.customerId
        sharedKey: logs.listKeys().primarySharedKey
      }
    }
  }
}

var secretEnvironment = [for secret in items(secretNames): {
  name: secret.key
  secretRef: secret.value
}]

resource app 'Microsoft.App/containerApps@2024-03-01' = {
  name: name
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    managedEnvironmentId: environment.id
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: {
        external: true
        targetPort: 3978
        transport: 'http'
        allowInsecure: false
      }
      secrets: [for secret in items(secretNames): {
        name: secret.value
        keyVaultUrl: '${vault.properties.vaultUri}secrets/${secret.value}'
        identity: identity.id
      }]
    }
    template: {
      terminationGracePeriodSeconds: 30
      scale: {
        minReplicas: minReplicas
        maxReplicas: maxReplicas
      }
      containers: [
        {
          name: 'countersign'
          image: image
          resources: {
            cpu: json('0.5')
            memory: '1Gi'
          }
          env: concat(
            [
              {
                name: 'PUBLIC_URL'
                value: 'https://${name}.${environment.properties.defaultDomain}'
              }
              {
                name: 'BOT_APP_ID'
                value: managedBot ? identity.properties.clientId : botAppId
              }
              {
                name: 'BOT_TENANT_ID'
                value: tenantId
              }
              {
                name: 'AZURE_CLIENT_ID'
                value: identity.properties.clientId
              }
              {
                name: 'SQL_SERVER'
                value: sqlServer.properties.fullyQualifiedDomainName
              }
              {
                name: 'SQL_DATABASE'
                value: database.name
              }
            ],
            secretEnvironment
          )
          probes: [
            {
              type: 'Liveness'
              httpGet: {
                path: '/healthz'
                port: 3978
              }
              periodSeconds: 15
            }
            {
              type: 'Readiness'
              httpGet: {
                path: '/readyz'
                port: 3978
              }
              periodSeconds: 5
            }
          ]
        }
      ]
    }
  }
  dependsOn: [
    readsSecrets
  ]
}

resource bot 'Microsoft.BotService/botServices@2022-09-15' = {
  name: '${name}-${take(suffix, 8)}'
  location: 'global'
  kind: 'azurebot'
  sku: {
    name: botSku
  }
  properties: {
    displayName: botDisplayName
    endpoint: 'https://${app.properties.configuration.ingress.fqdn}/api/messages'
    msaAppType: botAppType
    msaAppId: managedBot ? identity.properties.clientId : botAppId
    msaAppTenantId: tenantId
    msaAppMSIResourceId: managedBot ? identity.id : null
    disableLocalAuth: true
  }
}

resource teams 'Microsoft.BotService/botServices/channels@2022-09-15' = {
  parent: bot
  name: 'MsTeamsChannel'
  location: 'global'
  properties: {
    channelName: 'MsTeamsChannel'
    properties: {
      isEnabled: true
    }
  }
}

output publicUrl string = 'https://${app.properties.configuration.ingress.fqdn}'
output botAppId string = managedBot ? identity.properties.clientId : botAppId
output identityName string = identity.name
output vaultName string = vault.name
output sqlServerName string = sqlServer.properties.fullyQualifiedDomainName
