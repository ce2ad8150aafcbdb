/** `Jenkinsfile`, for the plugins Pipeline and Docker Pipeline. */
import { aptInstall, ENSURE_DURATIONS, IMAGE, mergeReports, runShard, shardNumbers } from './parts.js';
import type { PipelineOptions } from './pipelines.js';

export function jenkinsPipeline({ shards, qemu, config }: PipelineOptions): string {
  const numbers = shardNumbers(shards);
  // Root, because packages are installed; what it leaves in the workspace is given back at the end of a stage.
  const args = `-u root -v guestwright:/guestwright${qemu ? ' --device /dev/kvm' : ''}`;
  return `// Written by "guestwright ci init jenkins", and yours from here on. Needs the plugins Pipeline and Docker Pipeline.
pipeline {
  agent none

  options {
    timeout(time: 3, unit: 'HOURS')
  }

  environment {
    // A volume of the agent's Docker, which stays: guest images, and what scenarios did before.
    GUESTWRIGHT_CACHE = '/guestwright'
    PLAYWRIGHT_BLOB_OUTPUT_DIR = 'reports/blob'
  }

  stages {
    // Every shard has to split the scenarios by the same numbers: they are fetched once.
    stage('Durations') {
      agent { docker { image '${IMAGE}'; args '-u root -v guestwright:/guestwright' } }
      steps {
        sh '[ ! -f /guestwright/durations.json ] || cp /guestwright/durations.json durations.json'
        sh '''${ENSURE_DURATIONS}'''
        stash name: 'durations', includes: 'durations.json'
      }
      post { always { sh 'chown -R "$(stat -c %u:%g .)" .' } }
    }

    stage('Scenarios') {
      matrix {
        axes {
          axis {
            name 'SHARD'
            values ${numbers.map((shard) => `'${shard}'`).join(', ')}
          }
        }
${
  qemu
    ? `        // Remove --device where agents have no KVM: QEMU emulates then.
`
    : ''
}        // Debian 12: other distributions have no i386 kernel package, of which guests are made.
        agent { docker { image '${IMAGE}'; args '${args}' } }
        stages {
          stage('Run') {
            steps {
              unstash 'durations'
              sh 'rm -rf reports'
              sh '${aptInstall(qemu)}'
              sh 'npm ci'
              sh 'npx guestwright doctor'
              // The report is made of shards that failed, too: that is when it is read.
              catchError(buildResult: 'FAILURE', stageResult: 'FAILURE') {
                sh '${runShard(config, `$SHARD/${shards}`)}'
              }
            }
            post {
              always {
                stash name: "blob-\${SHARD}", includes: 'reports/blob/**', allowEmpty: true
                sh 'chown -R "$(stat -c %u:%g .)" .'
              }
            }
          }
        }
      }
    }

    stage('Report') {
      agent { docker { image '${IMAGE}'; args '-u root -v guestwright:/guestwright' } }
      steps {
        sh 'rm -rf reports'
        unstash 'durations'
${numbers.map((shard) => `        unstash 'blob-${shard}'`).join('\n')}
        sh 'npm ci'
        // Fails when a shard left no report.
        sh '${mergeReports(config, 'reports/blob')}'
        sh 'cp reports/durations.json /guestwright/durations.json'
      }
      post {
        always {
          // The files of failed machines are in it too: "npx guestwright show <file>".
          archiveArtifacts artifacts: 'reports/html/**, reports/summary.json, reports/durations.json', allowEmptyArchive: true
          sh 'chown -R "$(stat -c %u:%g .)" .'
        }
      }
    }
  }
}
`;
}
